/** The model whose price applies to the calls of an agent. */
import type { ProfileOptions } from '../options.js';

/** The model of the session, or of the transcription in a transcription session; `undefined` if the API selects it. */
export function billedModel({ session }: ProfileOptions): string | undefined {
  const model = session?.type === 'transcription' ? session.transcription?.model : (session?.config?.['model'] ?? session?.model);
  return typeof model === 'string' ? model : undefined;
}
