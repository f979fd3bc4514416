/**
 * Ephemeral keys of the beta interface: `POST /realtime/sessions` and `/realtime/transcription_sessions` take a flat
 * session and return it with the key in `client_secret` (beta types of `openai` 7.55). Keys were valid for one minute.
 */
import { ApiError } from '../protocol/api-error.js';
import type { Caller } from '../core/keys.js';
import { fromBetaSession, toBetaSession } from '../profiles/beta-session.js';
import type { SandboxCore } from '../core/sandbox-core.js';
import { isRecord } from '../protocol/schema.js';

/** Seconds a key is valid unless the request sets another lifetime. */
const LIFETIME = 60;

/** Mints a key. @throws ApiError for a key that may not mint, and for an unusable session */
export async function mintBetaKey(
  core: SandboxCore,
  caller: Caller,
  request: unknown,
  kind: 'realtime' | 'transcription',
): Promise<Response> {
  if (caller.kind === 'ephemeral') {
    throw new ApiError({
      status: 401,
      message: 'An ephemeral key cannot create sessions; use a standard API key.',
      code: 'invalid_api_key',
    });
  }
  const { client_secret: secret, ...flat } = isRecord(request) ? request : {};
  const session = fromBetaSession(flat, kind);
  const { config } = core.openingConfig(caller, session, kind);
  const key = core.mint(secondsOf(secret), session, caller.scenario);
  return Promise.resolve(
    Response.json({ ...toBetaSession({ ...config }), client_secret: { value: key.value, expires_at: key.expiresAt } }),
  );
}

function secondsOf(secret: unknown): number {
  const after = isRecord(secret) ? (secret['expires_after'] ?? secret['expires_at']) : undefined;
  const seconds = isRecord(after) ? after['seconds'] : undefined;
  return typeof seconds === 'number' && seconds >= 10 && seconds <= 7_200 ? Math.floor(seconds) : LIFETIME;
}
