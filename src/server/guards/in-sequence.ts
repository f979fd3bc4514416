/**
 * Runs guards one after the other as a single middleware. Hono nests middleware: while a slow body arrives, each of them would keep its
 * part of the stack in memory.
 */
import type { MiddlewareHandler } from 'hono';
import type { VoiceEnv } from '../http/voice-env.js';

/** @param guards do nothing after `next()` */
export function inSequence(...guards: readonly MiddlewareHandler<VoiceEnv>[]): MiddlewareHandler<VoiceEnv> {
  return async function inSequence(c, next) {
    let passed = false;
    const pass = async (): Promise<void> => void (passed = true);
    for (const guard of guards) {
      passed = false;
      const refusal = await guard(c, pass);
      if (!passed) return refusal;
    }
    await next();
  };
}
