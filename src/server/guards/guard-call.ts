/**
 * Defines the order of the guards, which is the same for keys and brokered calls. Cheap guards run first: no body is read and no other
 * service is asked before the origin and the address were checked, and anything that costs money runs after all of them. Each guard is
 * in its own file and independent of the others.
 */
import type { Hono } from 'hono';
import type { Access } from '../options.js';
import type { VoiceEnv } from '../http/voice-env.js';
import { allowedMethods } from '../http/allowed-methods.js';
import { bodyLimit } from './body-limit.js';
import { budget } from './budget.js';
import { checkedVisitor } from './checked-visitor.js';
import { clientAddress } from './client-address.js';
import { exactOrigin } from './exact-origin.js';
import { inSequence } from './in-sequence.js';
import { keyedHash } from '../crypto/keyed-hash.js';
import { namedProfile } from './named-profile.js';
import { rateLimits } from './rate-limits.js';
import type { ResolvedOptions } from '../resolved-options.js';

/**
 * Adds all guards to `POST path`. Register the handler after this call; it finds `profile`, `visitor`, `reservation` and `body`
 * in the context. If the handler responds with an error, the reservation is released (see `budget.ts`).
 *
 * @param maxBodyBytes maximum body size of this route
 */
export function guardCall(
  app: Hono<VoiceEnv>,
  path: string,
  access: Access,
  resolved: ResolvedOptions,
  maxBodyBytes = resolved.maxBodyBytes,
): void {
  const { state, upstream, rates, visitor: check } = resolved;
  const hash = keyedHash(resolved.pepper);
  const shared = ['profile', 'all'] as const;
  guardOrigin(app, path, ['POST'], resolved);
  app.post(
    path,
    inSequence(
      namedProfile(resolved.profiles, access),
      // Without a check, no later guard can refuse a visitor: counting in all windows at once saves a request to the state.
      rateLimits({ windows: check ? ['address'] : ['address', ...shared], rates, state, hash }),
      bodyLimit(maxBodyBytes),
      checkedVisitor({ check, state, hash }),
      ...(check ? [rateLimits({ windows: ['visitor', ...shared], rates, state, hash })] : []),
    ),
    budget({ ...resolved, access, hash, clock: upstream.clock }),
  );
}

/**
 * Guards for all routes of keys and calls: method and origin (of any profile). Sets the address. Routes count requests per address
 * before they read a body.
 *
 * @param withoutOrigin `allow` for `GET`: browsers send no origin with same-origin `GET` requests
 */
export function guardOrigin(
  app: Hono<VoiceEnv>,
  path: string,
  methods: readonly string[],
  resolved: ResolvedOptions,
  withoutOrigin = resolved.withoutOrigin,
): void {
  const { allowedOrigins, visitor } = resolved;
  app.use(
    path,
    inSequence(
      allowedMethods(...methods, 'OPTIONS'),
      exactOrigin({ allowedOrigins, withoutOrigin, methods, credentials: visitor?.credentials === true }),
      clientAddress(resolved),
    ),
  );
  // Handles OPTIONS requests that are not preflights.
  app.options(path, (c) => c.body(null, 204, { Allow: [...methods, 'OPTIONS'].join(', ') }));
}
