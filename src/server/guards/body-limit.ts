/**
 * Refuses request bodies that are larger than a key request can ever be. Hono's own limit replaces the request by a
 * copy, which fails on servers that bring their own Request class, so this one reads the body and hands it on beside it.
 */
import type { MiddlewareHandler } from 'hono';
import { problem } from '../problem.js';
import type { VoiceEnv } from '../problem.js';

const NOTHING = new Uint8Array(0);

/**
 * Refuses with 413, at once where the length is declared, else as soon as too much has come, and with 400 what the client did
 * not send to its end; sets `c.get('body')`.
 */
export function bodyLimit(maxBytes: number): MiddlewareHandler<VoiceEnv> {
  return async function bodyLimit(c, next) {
    const length = c.req.header('Content-Length');
    const declared = Number(length ?? 0);
    // What is declared as empty is: HTTP knows no other end of it. Making a stream of nothing would cost more than all guards.
    const body = length === '0' ? NOTHING : declared > maxBytes ? undefined : await readAtMost(maxBytes, c.req.raw.body).catch(() => 'broken off' as const);
    if (body === 'broken off') return problem(c, 'body_invalid', { reason: 'the body broke off' });
    if (!body) return problem(c, 'body_too_large');
    c.set('body', body);
    await next();
  };
}

/** The whole body, or `undefined` when it is larger. */
async function readAtMost(maxBytes: number, stream: ReadableStream<Uint8Array> | null): Promise<Uint8Array | undefined> {
  if (!stream) return new Uint8Array(0);
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
