/**
 * Finds the agent that the request names (`?profile=support`; `default` without a name). The name is all that a page says
 * about an agent: its model, instructions and limits are the owner's.
 */
import type { MiddlewareHandler } from 'hono';
import type { CallWay, Profile } from '../options.js';
import { problem } from '../problem.js';
import type { VoiceEnv } from '../problem.js';

/** Refuses unknown names and other ways with 404, origins that the agent does not serve with 403; sets `c.get('profile')`. */
export function namedProfile(profiles: ReadonlyMap<string, Profile>, way: CallWay): MiddlewareHandler<VoiceEnv> {
  return async function namedProfile(c, next) {
    const [name = 'default', another] = c.req.queries('profile') ?? [];
    const profile = another === undefined ? profiles.get(name) : undefined;
    if (!profile?.ways.has(way)) return problem(c, 'profile_unknown');
    c.set('profile', profile);
    const origin = c.req.header('Origin');
    // Requests without an origin come this far only where the owner allows them.
    if (origin !== undefined && !profile.allowedOrigins.has(origin)) return problem(c, 'origin_denied', { reason: 'the origin is allowed for other profiles only' });
    await next();
  };
}
