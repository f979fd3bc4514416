/** Loads the built-in dialects, each in its own chunk. */
import { DIALECT_NAMES, type Dialect, type DialectName } from '../contract/dialect.js';
import { VoiceAgentError } from '../contract/errors.js';
import { toJson } from '../contract/to-json.js';

/** Loads a dialect. @throws VoiceAgentError `unsupported` for an unknown name */
export async function loadDialect(name: Exclude<DialectName, 'ga'>): Promise<Dialect> {
  if (!DIALECT_NAMES.includes(name)) {
    throw new VoiceAgentError('unsupported', { message: `Unknown dialect ${toJson(name)}. Available: ${DIALECT_NAMES.join(', ')}.` });
  }
  // The bundler resolves the pattern to one chunk per file.
  const { [name]: dialect } = (await import(`./servers/${name}.ts`)) as Record<typeof name, Dialect>;
  return dialect;
}
