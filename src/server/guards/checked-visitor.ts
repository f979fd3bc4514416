/**
 * Runs the owner's visitor check and gives the visitor a name that tells nothing. Without a check everybody passes and is
 * told apart by network address alone.
 */
import type { Context, MiddlewareHandler } from 'hono';
import { problem } from '../problem.js';
import type { VoiceEnv } from '../problem.js';
import { StateUnavailable } from '../state/shared-state.js';
import type { SharedState } from '../state/shared-state.js';
import { subscriberNetwork } from './ip-address.js';
import type { KeyedHash } from './keyed-hash.js';
import { VisitorUncheckedError } from './visitor-check.js';
import type { VisitorCheck, VisitorVerdict } from './visitor-check.js';

/** Options of `checkedVisitor`. */
export interface CheckedVisitorOptions {
  readonly check: VisitorCheck | undefined;
  readonly state: Pick<SharedState, 'once'>;
  readonly hash: KeyedHash;
}

/** Seconds after which a check that failed by itself may work again. */
const RETRY_SECONDS = 5;

/**
 * Refuses with 401 where a new proof can help, with 403 where it cannot, with 503 where the check itself failed; sets
 * `c.get('visitor')` and `c.get('known')`.
 */
export function checkedVisitor({ check, state, hash }: CheckedVisitorOptions): MiddlewareHandler<VoiceEnv> {
  return async function checkedVisitor(c, next) {
    let verdict: VisitorVerdict = { ok: true };
    try {
      if (check) {
        verdict = asVerdict(await check(requestWithBody(c), {
          address: c.get('address'),
          origin: c.req.header('Origin'),
          profile: c.get('profile').name,
          signal: c.req.raw.signal,
          once: async (proof, seconds) => state.once(`proof:${await hash('proof', proof)}`, seconds),
        }));
      }
    } catch (cause) {
      if (cause instanceof StateUnavailable) throw cause;
      // Other errors say whatever they say: their words may hold the proof.
      const reason = cause instanceof VisitorUncheckedError ? cause.message : 'the visitor check failed';
      return problem(c, 'visitor_unchecked', { reason, cause, retryAfter: RETRY_SECONDS });
    }
    if (!verdict.ok) {
      const { reason, retry = false } = verdict;
      if (retry) c.header('WWW-Authenticate', 'Bearer');
      return problem(c, retry ? 'visitor_missing' : 'visitor_denied', { reason });
    }
    const { subject } = verdict;
    const address = c.get('address');
    const known = subject !== undefined && subject !== '';
    c.set('known', known);
    if (known) c.set('visitor', await hash('visitor', subject));
    else if (address !== undefined) c.set('visitor', await hash('address', subscriberNetwork(address)));
    await next();
  };
}

/** Checks are the owner's code: whatever is not clearly a yes is none. */
function asVerdict(verdict: unknown): VisitorVerdict {
  const { ok, subject } = (verdict ?? {}) as { ok?: unknown; subject?: unknown };
  if (typeof ok === 'boolean' && (subject === undefined || typeof subject === 'string')) return verdict as VisitorVerdict;
  throw new VisitorUncheckedError('the visitor check gave no verdict');
}

/** The body was read by the guard that limits it; a site's own check may want to read it, too. */
function requestWithBody(c: Context<VoiceEnv>): Request {
  const body = c.get('body') as Uint8Array<ArrayBuffer> | undefined;
  // Nothing of it was read where there is nothing.
  if (c.req.header('Content-Length') === '0') return c.req.raw;
  const { method, headers, signal } = c.req.raw;
  return new Request(c.req.url, { method, headers, signal, ...(body?.byteLength && { body }) });
}
