/** Turns the owner's session settings into the protocol's session object (GA interface: `audio.input`, `audio.output`). */
import type { SessionOptions } from './options.js';

type Fields = Readonly<Record<string, unknown>>;

/** The `session` of a `client_secrets` request; `undefined` when nothing is set, so that the API's defaults stand. */
export function sessionRequest(options: SessionOptions): Fields | undefined {
  const { model, voice, instructions, turnDetection, transcription, config } = options;
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
  return filled(session) ? { type: 'realtime', ...session } : undefined;
}

function turnDetectionObject(wanted: SessionOptions['turnDetection']): unknown {
  if (wanted === 'none') return null;
  return typeof wanted === 'string' ? { type: wanted } : wanted;
}

const filled = (fields: Fields): boolean => Object.keys(fields).length > 0;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** `over` wins; objects are merged, everything else is replaced. */
function merge(under: Fields, over: Fields): Fields {
  const merged: Record<string, unknown> = { ...under };
  for (const [name, value] of Object.entries(over)) {
    const before = merged[name];
    merged[name] = isFields(before) && isFields(value) ? merge(before, value) : value;
  }
  return merged;
}
