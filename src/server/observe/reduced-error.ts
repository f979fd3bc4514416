/**
 * Reduces a caught error to what may be logged: its class, its code and stack frames. Never its message, which may contain a
 * header, a body or an address.
 */
import type { ReducedError } from '../contract/server-events.js';

const FRAME = /^at (?:(?:async |new )?[\w$.<>#]+ (?:\[as [\w$]+\] )?)?\(?((?:file:\/\/|node:|\/)[\w@%+./-]+:\d+:\d+)\)?$/;
const MAX_FRAMES = 5;

/** Reduces any thrown value. */
export function reducedError(error: unknown): ReducedError {
  if (typeof error !== 'object' || error === null) return { name: typeof error };
  const { name, message, code, stack } = error as { name?: unknown; message?: unknown; code?: unknown; stack?: unknown };
  const at = typeof stack === 'string' ? frames(stack, message) : [];
  return {
    name: typeof name === 'string' && /^[A-Za-z_$][\w$]{0,60}$/.test(name) ? name : 'Error',
    ...(typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,60}$/.test(code) && { code }),
    ...(at.length > 0 && { at }),
  };
}

/** Skips the message, which precedes the frames and could imitate one. */
function frames(stack: string, message: unknown): readonly string[] {
  const start = typeof message === 'string' ? stack.indexOf(message) : -1;
  if (typeof message === 'string' && message !== '' && start < 0) return [];
  const after = start < 0 ? stack : stack.slice(start + (message as string).length);
  return after
    .split('\n')
    .flatMap((line) => FRAME.exec(line.trim())?.[1] ?? [])
    .slice(0, MAX_FRAMES);
}
