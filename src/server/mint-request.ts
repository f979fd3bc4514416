/**
 * How an API is asked for an ephemeral key. OpenAI's present interface and the beta differ in path, in the shape of the
 * session and in a header; xAI's keys hold no session.
 *
 * Sources: the OpenAPI description of `/realtime/client_secrets`; the beta types of `openai` 7.55 for `/realtime/sessions` and
 * `/realtime/transcription_sessions`; xAI's documentation of ephemeral tokens.
 */
import { flatSession } from '../dialects/flat-session.js';

/** What the API that mints keys speaks. */
export type MintDialect = 'ga' | 'beta' | 'xai';

/** All of them, for messages. */
export const MINT_DIALECTS: readonly MintDialect[] = ['ga', 'beta', 'xai'];

/** One request, without the API key. */
export interface MintRequest {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a key is asked for with. */
export interface MintWish {
  readonly dialect: MintDialect;
  /** API root without a trailing slash. */
  readonly root: string;
  /** GA session, `undefined` for the API's defaults. */
  readonly session: Readonly<Record<string, unknown>> | undefined;
  /** Seconds; `undefined` for the default of the interface: 60 here and in the beta. */
  readonly keyLifetime: number | undefined;
}

/** The request for a key. */
export function mintRequest({ dialect, root, session, keyLifetime }: MintWish): MintRequest {
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
      // Named only where it was asked for: a lifetime is younger than the interface.
      const lifetime = { [transcribes ? 'expires_at' : 'expires_after']: { anchor: 'created_at', seconds } };
      return {
        endpoint: `${root}/realtime/${transcribes ? 'transcription_sessions' : 'sessions'}`,
        headers: { 'OpenAI-Beta': 'realtime=v1' },
        body: { ...flatSession(session), ...(keyLifetime !== undefined && { client_secret: lifetime }) },
      };
    }
  }
}
