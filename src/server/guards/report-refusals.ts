/** Reports refusals to the observers. It is the outermost middleware, so that it sees the result of all others. */
import type { MiddlewareHandler } from 'hono';
import type { ServerObserver } from '../contract/server-events.js';
import type { Profile } from '../resolved-options.js';
import type { VoiceEnv } from '../http/voice-env.js';

/** Reports each refused request; `emit` must not throw. */
export function reportRefusals(emit: ServerObserver): MiddlewareHandler<VoiceEnv> {
  return async function reportRefusals(c, next) {
    await next();
    const refusal = c.get('refusal');
    if (!refusal) return;
    const profile = c.get('profile') as Profile | undefined;
    // The remaining path may contain the ID of a call, which is a secret, or arbitrary input.
    const route = /\/voice\/(?:token|call|sip)(?![^/])|^\/admin(?=\/)/.exec(c.req.path)?.[0] ?? 'other';
    emit({ type: 'refused', route, profile: profile?.name, ...refusal });
  };
}
