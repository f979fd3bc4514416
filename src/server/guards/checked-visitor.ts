/**
 * Runs the owner's visitor check and assigns the visitor an anonymous ID. Without a check, all visitors pass and are identified
 * only by their network address.
 */
import type { Context, MiddlewareHandler } from 'hono';
import { problem } from '../http/problem.js';
import type { VoiceEnv } from '../http/voice-env.js';
import { StateUnavailable } from '../contract/shared-state.js';
import type { SharedState } from '../contract/shared-state.js';
import { subscriberNetwork } from '../http/ip-address.js';
import type { KeyedHash } from '../crypto/keyed-hash.js';
import { VisitorUncheckedError } from '../contract/visitor-check.js';
import type { VisitorCheck, VisitorVerdict } from '../contract/visitor-check.js';

/** Options of `checkedVisitor`. */
export interface CheckedVisitorOptions {
  readonly check: VisitorCheck | undefined;
  readonly state: Pick<SharedState, 'once'>;
  readonly hash: KeyedHash;
}

/** `Retry-After` in seconds when the check itself failed. */
const RETRY_SECONDS = 5;

/**
 * Rejects with 401 if a new proof can help, with 403 if it cannot, and with 503 if the check itself failed. Sets
 * `c.get('visitor')` and `c.get('known')`.
 */
export function checkedVisitor({ check, state, hash }: CheckedVisitorOptions): MiddlewareHandler<VoiceEnv> {
  return async function checkedVisitor(c, next) {
    let verdict: VisitorVerdict = { ok: true };
    try {
      if (check) {
        verdict = asVerdict(
          await check(requestWithBody(c), {
            address: c.get('address'),
            origin: c.req.header('Origin'),
            profile: c.get('profile').name,
            signal: c.req.raw.signal,
            once: async (proof, seconds) => state.once(`proof:${await hash('proof', proof)}`, seconds),
          }),
        );
      }
    } catch (cause) {
      if (cause instanceof StateUnavailable) throw cause;
      // Messages of other errors may contain the proof, so they are not logged.
      const reason = cause instanceof VisitorUncheckedError ? cause.message : 'the visitor check failed';
      return problem(c, 'visitor_unchecked', { reason, cause, retryAfter: RETRY_SECONDS });
    }
    if (!verdict.ok) {
      const { reason, retry = false } = verdict;
      if (retry) c.header('WWW-Authenticate', 'Bearer');
      return problem(c, retry ? 'visitor_missing' : 'visitor_denied', { reason });
    }
    const { subject, proof } = verdict;
    const address = c.get('address');
    const known = subject !== undefined && subject !== '';
    c.set('known', known);
    if (proof !== undefined && !known) c.set('proof', await hash('proof', proof));
    if (known) c.set('visitor', await hash('visitor', subject));
    else if (address !== undefined) c.set('visitor', await hash('address', subscriberNetwork(address)));
    await next();
  };
}

/** Checks are the owner's code: only a well-formed verdict is accepted. */
function asVerdict(verdict: unknown): VisitorVerdict {
  const { ok, subject, proof } = (verdict ?? {}) as { ok?: unknown; subject?: unknown; proof?: unknown };
  const texts = [subject, proof].every((text) => text === undefined || typeof text === 'string');
  if (typeof ok === 'boolean' && texts) return verdict as VisitorVerdict;
  throw new VisitorUncheckedError('the visitor check returned no valid verdict');
}

/** A request with a readable body: the body limit has already read it, but a custom check may need it. */
function requestWithBody(c: Context<VoiceEnv>): Request {
  const body = c.get('body') as Uint8Array<ArrayBuffer> | undefined;
  // An empty body was not read.
  if (c.req.header('Content-Length') === '0') return c.req.raw;
  const { method, headers, signal } = c.req.raw;
  return new Request(c.req.url, { method, headers, signal, ...(body?.byteLength && { body }) });
}
