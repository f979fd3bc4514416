/**
 * Detects what a page overrides for a single response (`response.create`), as far as `response.created` reports it: responses outside
 * the conversation, metadata, modality, voice and token limit. Instructions, tools and input of a response are not reported.
 */
import type { Profile } from '../resolved-options.js';
import type { ConversationResponses } from './conversation-responses.js';
import type { PinnedSession } from './pinned-session.js';
import { UNSET, canonicalValue, fieldsOf, sessionValues } from './session-values.js';
import type { Fields, SessionValues } from './session-values.js';

/** What responses are compared with. */
export interface ResponseOverridesSetup {
  readonly pinned: PinnedSession;
  readonly responses: ConversationResponses;
  readonly outOfBand: Profile['outOfBandResponses'];
}

/** Settings of a response that have the same path in the session. */
const COMPARED = ['output_modalities', 'audio.output.voice'];

/** Returns the path of the first setting that the page may not override, or `undefined` if there is none. */
export function overriddenField(response: Fields, { pinned, responses, outOfBand }: ResponseOverridesSetup): string | undefined {
  const { baseline = {} } = pinned;
  if (raisesTokenLimit(response['max_output_tokens'], baseline) && !pinned.isMutable('max_output_tokens'))
    return 'response.max_output_tokens';
  if (outOfBand === 'allow') {
    if (responses.isOutOfBand(response['id'])) return undefined;
  } else {
    if (responses.isOutOfBand(response['id'])) return 'response.conversation';
    if (canonicalValue(response['metadata']) !== UNSET) return 'response.metadata';
  }
  const values = sessionValues({ output_modalities: response['output_modalities'], audio: fieldsOf(response['audio']) });
  const overridden = COMPARED.find(
    (path) => !pinned.isMutable(path) && path in baseline && (values[path] ?? UNSET) !== UNSET && values[path] !== baseline[path],
  );
  return overridden === undefined ? undefined : `response.${overridden}`;
}

function raisesTokenLimit(reported: unknown, baseline: SessionValues): boolean {
  const pinned = Number(baseline['max_output_tokens']);
  return Number.isFinite(pinned) && pinned > 0 && (reported === 'inf' || (typeof reported === 'number' && reported > pinned));
}
