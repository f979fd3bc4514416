/** The dialects that come with the widget, each in a chunk of its own. */
import type { Dialect, DialectName } from '../contract/dialect.js';
import { VoiceAgentError } from '../contract/errors.js';

/** Loads a dialect. @throws VoiceAgentError `unsupported` for a name that is none */
export async function loadDialect(name: Exclude<DialectName, 'ga'>): Promise<Dialect> {
  throw new VoiceAgentError('unsupported', { message: `There is no dialect named ${JSON.stringify(name)}.` });
}
