/**
 * Refuses request bodies that are larger than a key request can ever be. Hono's own limit replaces the request by a
 * copy, which fails on servers that bring their own Request class, so this one reads the body and hands it on beside it.
 */
import type { MiddlewareHandler } from 'hono';
import { problem } from '../problem.js';
import type { VoiceEnv } from '../problem.js';
import { surelyNoBody } from '../runtime/node-bindings.js';

const NOTHING = new Uint8Array(0);

/**
 * Refuses with 413, at once where the length is declared, else as soon as too much has come, and with 400 what the client did
 * not send to its end; sets `c.get('body')`.
 */
export function bodyLimit(maxBytes: number): MiddlewareHandler<VoiceEnv> {
  return async function bodyLimit(c, next) {
    const declared = surelyNoBody(c.env) ? '0' : c.req.header('Content-Length');
    const reading = declared === undefined ? readAtMost(maxBytes, c.req.raw) : readDeclared(Number(declared), maxBytes, c.req.raw);
    const body = await reading.catch(() => 'broken off' as const);
    if (body === 'broken off') return problem(c, 'body_invalid', { reason: 'the body broke off, or something before this app has read it' });
    if (!body) return problem(c, 'body_too_large');
    c.set('body', body);
    await next();
  };
}

/** A body of known length, which every transport holds to what was declared; without the cost of a stream. */
async function readDeclared(length: number, maxBytes: number, request: Request): Promise<Uint8Array | undefined> {
  // What is declared as empty is: making a stream of nothing would cost more than all guards.
  if (length === 0) return NOTHING;
  if (!(length <= maxBytes)) return undefined;
  const body = new Uint8Array(await request.arrayBuffer());
  return body.byteLength > maxBytes ? undefined : body;
}

/** The whole body, or `undefined` when it is larger. */
async function readAtMost(maxBytes: number, request: Request): Promise<Uint8Array | undefined> {
  const stream = request.body as ReadableStream<Uint8Array> | null;
  if (!stream) return NOTHING;
  const body = new Uint8Array(maxBytes);
  let size = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return body.subarray(0, size);
    if (size + value.byteLength > maxBytes) {
      reader.cancel().catch(() => undefined);
      return undefined;
    }
    body.set(value, size);
    size += value.byteLength;
  }
}
