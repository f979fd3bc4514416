/** Rejects unsupported methods of a route before any other guard runs. */
import type { MiddlewareHandler } from 'hono';
import { problem } from './problem.js';
import type { VoiceEnv } from './voice-env.js';

/** Rejects other methods with 405 and an `Allow` header. */
export function allowedMethods(...methods: readonly string[]): MiddlewareHandler<VoiceEnv> {
  const allow = methods.join(', ');

  return async function allowedMethods(c, next) {
    if (methods.includes(c.req.method)) {
      await next();
      return;
    }
    c.header('Allow', allow);
    return problem(c, 'method_not_allowed');
  };
}
