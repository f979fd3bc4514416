/** The visitor's ID for the Realtime API, so that a ban affects one visitor and not the whole site. */
import type { Context } from 'hono';
import type { ResolvedOptions } from '../resolved-options.js';
import type { VoiceEnv } from '../http/voice-env.js';

/** Thrown if the owner's function returned an invalid identifier. */
export class SafetyIdentifierError extends Error {
  override readonly name = 'SafetyIdentifierError';
}

/**
 * Value of the header `OpenAI-Safety-Identifier`; `undefined` sends none.
 *
 * @throws SafetyIdentifierError, or what the owner's function throws
 */
export async function safetyIdentifier(c: Context<VoiceEnv>, chosen: ResolvedOptions['safetyIdentifier']): Promise<string | undefined> {
  if (chosen === false) return undefined;
  if (chosen === undefined) return c.get('visitor');
  let identifier: string | undefined;
  try {
    identifier = await chosen(c.req.raw);
  } catch (cause) {
    // Hono only handles instances of Error.
    throw cause instanceof Error ? cause : new SafetyIdentifierError('safetyIdentifier failed');
  }
  if (identifier !== undefined && !/^[\x21-\x7e]{1,128}$/.test(identifier))
    throw new SafetyIdentifierError('safetyIdentifier returned an invalid identifier');
  return identifier;
}
