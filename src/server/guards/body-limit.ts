/**
 * Rejects request bodies that are too large. Hono's own body limit replaces the request with a copy, which fails on servers
 * with their own Request class. This guard reads the body and passes it on in the context instead.
 */
import type { MiddlewareHandler } from 'hono';
import { problem } from '../http/problem.js';
import type { VoiceEnv } from '../http/voice-env.js';
import { declaresEmptyBody } from '../http/node-incoming.js';

const EMPTY_BODY = new Uint8Array(0);

/**
 * Rejects large bodies with 413, immediately if the length is declared, otherwise as soon as the limit is exceeded. Rejects
 * incomplete bodies with 400. Sets `c.get('body')`.
 */
export function bodyLimit(maxBytes: number): MiddlewareHandler<VoiceEnv> {
  return async function bodyLimit(c, next) {
    const declared = declaresEmptyBody(c.env) ? '0' : c.req.header('Content-Length');
    const reading = declared === undefined ? readAtMost(maxBytes, c.req.raw) : readDeclared(Number(declared), maxBytes, c.req.raw);
    const body = await reading.catch(() => 'broken off' as const);
    if (body === 'broken off') return problem(c, 'body_invalid', { reason: 'the body is incomplete, or other code has already read it' });
    if (!body) return problem(c, 'body_too_large');
    c.set('body', body);
    await next();
  };
}

/** Reads a body of declared length, which every transport enforces, without the cost of a stream. */
async function readDeclared(length: number, maxBytes: number, request: Request): Promise<Uint8Array | undefined> {
  // Declared as empty: creating a stream would cost more than all guards together.
  if (length === 0) return EMPTY_BODY;
  if (!(length <= maxBytes)) return undefined;
  const body = new Uint8Array(await request.arrayBuffer());
  return body.byteLength > maxBytes ? undefined : body;
}

/** The whole body, or `undefined` if it exceeds the limit. Memory grows with what was received, so that a slow body holds little of it. */
async function readAtMost(maxBytes: number, request: Request): Promise<Uint8Array | undefined> {
  const stream = request.body as ReadableStream<Uint8Array> | null;
  if (!stream) return EMPTY_BODY;
  let body = EMPTY_BODY;
  let size = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return body.subarray(0, size);
    const needed = size + value.byteLength;
    if (needed > maxBytes) {
      reader.cancel().catch(() => undefined);
      return undefined;
    }
    if (needed > body.byteLength) {
      // Doubled, so that many small pieces are not copied each time.
      const larger = new Uint8Array(Math.min(maxBytes, Math.max(needed, 2 * body.byteLength)));
      larger.set(body);
      body = larger;
    }
    body.set(value, size);
    size = needed;
  }
}
