/** The built-in dialects, each in its own chunk. */
import type { Dialect, DialectName } from '../contract/dialect.js';
import { VoiceAgentError } from '../contract/errors.js';
import { toJson } from '../contract/to-json.js';

type Named = Exclude<DialectName, 'ga'>;

const LOADERS: Readonly<Record<Named, () => Promise<Dialect>>> = {
  azure: async () => (await import('./azure.js')).azure,
  beta: async () => (await import('./beta.js')).beta,
  hf: async () => (await import('./hf.js')).hf,
  localai: async () => (await import('./localai.js')).localai,
  speaches: async () => (await import('./speaches.js')).speaches,
  xai: async () => (await import('./xai.js')).xai,
};

/** Loads a dialect. @throws VoiceAgentError `unsupported` for an unknown name */
export async function loadDialect(name: Named): Promise<Dialect> {
  if (Object.hasOwn(LOADERS, name)) return LOADERS[name]();
  const names = ['ga', ...Object.keys(LOADERS)].join(', ');
  throw new VoiceAgentError('unsupported', { message: `Unknown dialect ${toJson(name)}. Available: ${names}.` });
}
