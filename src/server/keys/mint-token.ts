/**
 * Handler of the token route: one ephemeral key for a visitor who passed all guards. Responds with only `value` and
 * `expires_at`; the session in the upstream's response is not passed on.
 */
import type { Handler } from 'hono';
import { safetyIdentifier } from '../guards/safety-identifier.js';
import type { ResolvedOptions } from '../resolved-options.js';
import { problem } from '../http/problem.js';
import type { VoiceEnv } from '../http/voice-env.js';
import { requestKey } from './request-key.js';

/** Mints a key; failures become problem details. */
export function mintToken(options: ResolvedOptions): Handler<VoiceEnv> {
  return async function mintToken(c) {
    const profile = c.get('profile');
    const identifier = await safetyIdentifier(c, options.safetyIdentifier);
    const result = await requestKey(profile.upstream, profile.mint, c.req.raw.signal, identifier, (ms, status) =>
      options.emit({ type: 'upstream', operation: 'mint', ms, status }),
    );
    if ('failure' in result) return problem(c, result.failure.code, result.failure);
    options.emit({ type: 'minted', requestId: c.get('requestId'), profile: profile.name, visitor: c.get('visitor') });
    const { value, expires_at } = result.key;
    c.header('Cache-Control', 'no-store');
    return c.json({ value, expires_at });
  };
}
