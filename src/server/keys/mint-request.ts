/**
 * Builds the request for an ephemeral key. OpenAI's GA and beta interfaces differ in the path, the session object and a
 * header; xAI's keys hold no session.
 *
 * Sources: the OpenAPI description of `/realtime/client_secrets`; the beta types of `openai` 7.55 for `/realtime/sessions` and
 * `/realtime/transcription_sessions`; xAI's documentation of ephemeral tokens.
 */
import { flatSession } from '../../dialects/flat-session.js';
import type { MintDialect } from '../options.js';
import type { MintRequest } from '../resolved-options.js';

/** Parameters of a key request. */
export interface MintOptions {
  readonly dialect: MintDialect;
  /** API root without a trailing slash. */
  readonly root: string;
  /** GA session; `undefined` uses the API's defaults. */
  readonly session: Readonly<Record<string, unknown>> | undefined;
  /** Seconds; if `undefined`, 60 (also the default of the beta). */
  readonly keyLifetime: number | undefined;
}

/** Builds the request for a key. */
export function mintRequest({ dialect, root, session, keyLifetime }: MintOptions): MintRequest {
  const seconds = keyLifetime ?? 60;
  switch (dialect) {
    case 'ga':
      return {
        endpoint: `${root}/realtime/client_secrets`,
        headers: {},
        body: { expires_after: { anchor: 'created_at', seconds }, ...(session && { session }) },
      };
    case 'xai':
      return { endpoint: `${root}/realtime/client_secrets`, headers: {}, body: { expires_after: { seconds } } };
    case 'beta': {
      const transcribes = session?.['type'] === 'transcription';
      // Only sent if configured: the field is newer than the beta interface.
      const lifetime = { [transcribes ? 'expires_at' : 'expires_after']: { anchor: 'created_at', seconds } };
      return {
        endpoint: `${root}/realtime/${transcribes ? 'transcription_sessions' : 'sessions'}`,
        headers: { 'OpenAI-Beta': 'realtime=v1' },
        body: { ...flatSession(session), ...(keyLifetime !== undefined && { client_secret: lifetime }) },
      };
    }
  }
}
