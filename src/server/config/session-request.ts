/** Turns the owner's session settings into the protocol's session object (GA interface: `audio.input`, `audio.output`). */
import type { TurnDetection } from '../../contract/options.js';

type Fields = Readonly<Record<string, unknown>>;

/** Initial session settings. With a key, the page can still change them: a key does not pin its session. */
export interface SessionOptions {
  /**
   * `realtime` (default) for conversations; `transcription` for widgets with `mode="transcription"`. A transcription session
   * has no model, voice or instructions, only `turnDetection`, `transcription` and `config`. A site that uses both mounts two
   * servers.
   */
  readonly type?: 'realtime' | 'transcription';
  /** Name of a Realtime model. */
  readonly model?: string;
  /** Name of a voice, for example `marin`. */
  readonly voice?: string;
  /** Instructions of the agent. Visitors can read them: do not include secrets. */
  readonly instructions?: string;
  readonly turnDetection?: TurnDetection;
  /** The protocol's transcription object for the visitor's speech. If omitted, only the agent's speech has a transcript. */
  readonly transcription?: { readonly model: string; readonly [field: string]: unknown } | null;
  /** Raw fields of the protocol's session object, merged over the fields above. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** The `session` of a `client_secrets` request; `undefined` if nothing is set, so that the API's defaults apply. */
export function sessionRequest(options: SessionOptions): Fields | undefined {
  const { type = 'realtime', model, voice, instructions, turnDetection, transcription, config } = options;
  const input = {
    ...(transcription !== undefined && { transcription }),
    ...(turnDetection !== undefined && { turn_detection: turnDetectionObject(turnDetection) }),
  };
  const output = { ...(voice !== undefined && { voice }) };
  const audio = { ...(filled(input) && { input }), ...(filled(output) && { output }) };
  const fields = {
    ...(model !== undefined && { model }),
    ...(instructions !== undefined && { instructions }),
    ...(filled(audio) && { audio }),
  };
  const session = merge(fields, config ?? {});
  // Without a session, the API mints keys for conversations.
  return filled(session) || type !== 'realtime' ? { type, ...session } : undefined;
}

function turnDetectionObject(wanted: SessionOptions['turnDetection']): unknown {
  if (wanted === 'none') return null;
  return typeof wanted === 'string' ? { type: wanted } : wanted;
}

const filled = (fields: Fields): boolean => Object.keys(fields).length > 0;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Deep merge in which `over` wins; anything but plain objects is replaced. */
function merge(under: Fields, over: Fields): Fields {
  const merged: Record<string, unknown> = { ...under };
  for (const [name, value] of Object.entries(over)) {
    const before = merged[name];
    merged[name] = isFields(before) && isFields(value) ? merge(before, value) : value;
  }
  return merged;
}
