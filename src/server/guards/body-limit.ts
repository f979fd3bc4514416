/** Refuses request bodies that are larger than a key request can ever be, before anything reads them. */
import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit as honoBodyLimit } from 'hono/body-limit';
import { problem } from '../problem.js';
import type { VoiceEnv } from '../problem.js';

/** Refuses with 413; a body without a declared length is counted while it arrives. */
export function bodyLimit(maxBytes: number): MiddlewareHandler<VoiceEnv> {
  const limit = honoBodyLimit({ maxSize: maxBytes, onError: (c: Context<VoiceEnv>) => problem(c, 'body_too_large') });

  return function bodyLimit(c, next) {
    return limit(c, next);
  };
}
