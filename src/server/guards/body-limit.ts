/**
 * Rejects request bodies that are too large. Hono's own body limit replaces the request with a copy, which fails on servers
 * with their own Request class. This guard reads the body and passes it on in the context instead. On Node it reads from the connection:
 * a web stream for each slow client would take several times the memory.
 */
import type { Context, MiddlewareHandler } from 'hono';
import { problem } from '../http/problem.js';
import type { VoiceEnv } from '../http/voice-env.js';
import { declaresEmptyBody, eachPiece, unreadIncoming } from '../http/node-incoming.js';

const EMPTY_BODY = new Uint8Array(0);

/**
 * Rejects large bodies with 413, immediately if the length is declared, otherwise as soon as the limit is exceeded. Rejects
 * unreadable bodies with 400. Sets `c.get('body')`. A client that disconnects in the middle of its body is not reported as refused.
 */
export function bodyLimit(maxBytes: number): MiddlewareHandler<VoiceEnv> {
  return async function bodyLimit(c, next) {
    const declared = declaresEmptyBody(c.env) ? '0' : c.req.header('Content-Length');
    const body = await readBody(c, declared === undefined ? undefined : Number(declared), maxBytes).catch(() => 'unreadable' as const);
    if (body === 'broken off') return c.body(null, 400);
    if (body === 'unreadable') return problem(c, 'body_invalid', { reason: 'the body is incomplete, or other code has already read it' });
    if (!body) return problem(c, 'body_too_large');
    c.set('body', body);
    await next();
  };
}

/** The whole body, `undefined` if it exceeds the limit, or `broken off` if the client has disconnected. */
async function readBody(
  c: Context<VoiceEnv>,
  declared: number | undefined,
  maxBytes: number,
): Promise<Uint8Array | 'broken off' | undefined> {
  // Declared as empty: creating a stream would cost more than all guards together.
  if (declared === 0) return EMPTY_BODY;
  if (declared !== undefined && !(declared <= maxBytes)) return undefined;
  const body = new GrowingBody(maxBytes);
  const incoming = unreadIncoming(c.env);
  if (incoming) {
    const end = await eachPiece(incoming, (piece) => body.add(piece));
    return end === 'complete' ? body.bytes : end === 'stopped' ? undefined : end;
  }
  // A runtime's own request enforces the declared length, and rejects a body that other code has already read.
  if (declared !== undefined) return body.add(new Uint8Array(await c.req.raw.arrayBuffer())) ? body.bytes : undefined;
  const reader = (c.req.raw.body as ReadableStream<Uint8Array> | null)?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) return body.bytes;
    if (body.add(value)) continue;
    reader?.cancel().catch(() => undefined);
    return undefined;
  }
}

/** Memory for a body, which grows with what was received, so that a slow body holds little of it. */
class GrowingBody {
  readonly #maxBytes: number;
  #memory = EMPTY_BODY;
  #size = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Returns false if the body exceeds the limit. */
  add(piece: Uint8Array): boolean {
    const needed = this.#size + piece.byteLength;
    if (needed > this.#maxBytes) return false;
    if (needed > this.#memory.byteLength) {
      // Doubled, so that many small pieces are not copied each time.
      const larger = new Uint8Array(Math.min(this.#maxBytes, Math.max(needed, 2 * this.#memory.byteLength)));
      larger.set(this.#memory);
      this.#memory = larger;
    }
    this.#memory.set(piece, this.#size);
    this.#size = needed;
    return true;
  }

  get bytes(): Uint8Array {
    return this.#memory.subarray(0, this.#size);
  }
}
