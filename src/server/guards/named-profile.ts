/**
 * Resolves the requested agent (`?profile=support`, or `default` without a name). A page can only choose the name; model,
 * instructions and limits are defined by the owner.
 */
import type { MiddlewareHandler } from 'hono';
import type { Access } from '../options.js';
import { problem } from '../http/problem.js';
import type { VoiceEnv } from '../http/voice-env.js';
import type { Profile } from '../resolved-options.js';

/** Rejects unknown names and unsupported kinds of access with 404, and origins not allowed for the agent with 403; sets `c.get('profile')`. */
export function namedProfile(profiles: ReadonlyMap<string, Profile>, access: Access): MiddlewareHandler<VoiceEnv> {
  return async function namedProfile(c, next) {
    const [name = 'default', another] = c.req.queries('profile') ?? [];
    const profile = another === undefined ? profiles.get(name) : undefined;
    if (!profile?.access.has(access)) return problem(c, 'profile_unknown');
    c.set('profile', profile);
    const origin = c.req.header('Origin');
    // Requests without an origin only get here if the owner allows them.
    if (origin !== undefined && !profile.allowedOrigins.has(origin))
      return problem(c, 'origin_denied', { reason: 'the origin is only allowed for other profiles' });
    await next();
  };
}
