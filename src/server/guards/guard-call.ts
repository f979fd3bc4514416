/**
 * The guards in their order, the same for every way in which a browser gets a call. Cheap ones come first, and whatever
 * costs money comes after all of them. Owns the order; each guard is a file of its own and knows nothing of the others.
 */
import type { Hono } from 'hono';
import type { CallWay, ResolvedOptions } from '../options.js';
import type { VoiceEnv } from '../problem.js';
import { allowedMethods } from './allowed-methods.js';
import { bodyLimit } from './body-limit.js';
import { budget } from './budget.js';
import { checkedVisitor } from './checked-visitor.js';
import { clientAddress } from './client-address.js';
import { exactOrigin } from './exact-origin.js';
import { keyedHash } from './keyed-hash.js';
import { namedProfile } from './named-profile.js';
import { rateLimits } from './rate-limits.js';

/**
 * Puts all guards before `POST path`; its handler is registered after this call and finds `profile`, `visitor`, `reservation`
 * and `body` in the context. A refusal that the handler answers gives the reservation back (see `budget.ts`).
 *
 * @param maxBodyBytes largest body of this address
 */
export function guardCall(app: Hono<VoiceEnv>, path: string, way: CallWay, resolved: ResolvedOptions, maxBodyBytes = resolved.maxBodyBytes): void {
  const { state, upstream, visitor: check } = resolved;
  const hash = keyedHash(resolved.pepper);
  guardOrigin(app, path, ['POST'], resolved, maxBodyBytes);
  app.post(
    path,
    namedProfile(resolved.profiles, way),
    clientAddress(resolved),
    checkedVisitor({ check, state, hash }),
    rateLimits({ rates: resolved.rates, state, hash }),
    budget({ way, budget: resolved.budget, state, clock: upstream.clock }),
  );
}

/**
 * The guards before anything that a page may ask about a call that it has already; the call's name, which nobody can guess,
 * is the proof. Methods, body, origin of any profile.
 *
 * @param withoutOrigin `allow` for `GET`, with which browsers send no origin to their own site
 */
export function guardOrigin(app: Hono<VoiceEnv>, path: string, methods: readonly string[], resolved: ResolvedOptions, maxBodyBytes = 0, withoutOrigin = resolved.withoutOrigin): void {
  const { allowedOrigins, visitor } = resolved;
  app.use(
    path,
    allowedMethods(...methods, 'OPTIONS'),
    bodyLimit(maxBodyBytes),
    exactOrigin({ allowedOrigins, withoutOrigin, methods, credentials: visitor?.credentials === true }),
  );
  // An OPTIONS request that is no preflight comes this far.
  app.options(path, (c) => c.body(null, 204, { Allow: [...methods, 'OPTIONS'].join(', ') }));
}
