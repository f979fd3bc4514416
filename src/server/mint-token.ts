/**
 * The last link of the token route: one ephemeral key for one visitor who passed all guards. Answers with `value` and
 * `expires_at` and nothing else: what the upstream says about the session stays here.
 */
import type { Handler } from 'hono';
import type { ResolvedOptions } from './options.js';
import { problem } from './problem.js';
import type { VoiceEnv } from './problem.js';
import { requestKey } from './request-key.js';

/** Mints a key; every failure becomes problem details. */
export function mintToken(options: ResolvedOptions): Handler<VoiceEnv> {
  return async function mintToken(c) {
    const identifier = await (options.safetyIdentifier || undefined)?.(c.req.raw);
    if (identifier !== undefined && !/^[\x21-\x7e]{1,128}$/.test(identifier)) {
      return problem(c, 'internal_error', { reason: 'safetyIdentifier gave no usable identifier' });
    }
    const profile = options.profiles.get('default');
    if (!profile) return problem(c, 'profile_unknown');
    const result = await requestKey(options.upstream, profile.mint, c.req.raw.signal, identifier);
    if ('failure' in result) return problem(c, result.failure.code, result.failure);
    const { value, expires_at } = result.key;
    c.header('Cache-Control', 'no-store');
    return c.json({ value, expires_at });
  };
}
