/** Tells the observers about refusals: the outermost middleware, so that it sees what every other one decided. */
import type { MiddlewareHandler } from 'hono';
import type { ServerObserver } from '../observe/server-events.js';
import type { Profile } from '../options.js';
import type { VoiceEnv } from '../problem.js';

/** Tells of each refused request; `tell` does not throw. */
export function reportRefusals(tell: ServerObserver): MiddlewareHandler<VoiceEnv> {
  return async function reportRefusals(c, next) {
    await next();
    const refusal = c.get('refusal');
    if (!refusal) return;
    const profile = c.get('profile') as Profile | undefined;
    // The rest of the address is the name of a call, which opens doors, or whatever somebody tried.
    const route = /\/voice\/(?:token|call|sip)(?![^/])/.exec(c.req.path)?.[0] ?? 'other';
    tell({ type: 'refused', route, profile: profile?.name, ...refusal });
  };
}
