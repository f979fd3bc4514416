/** Validates the options of `createVoiceServer`. A server with invalid options must not start. */
import type { ZodType } from 'zod';
import { VoiceServerOptionsError } from '../options.js';
import type { VoiceServerOptions } from '../options.js';
import { crossMistakes } from './option-conflicts.js';
import type { CheckedOptions } from './option-conflicts.js';
import { mistakesOf } from './validation-errors.js';
import type { Mistake } from './validation-errors.js';
import { serverOptionsSchema } from './options-schema.js';

/** All mistakes in the options; those of single options come first. */
export function optionMistakes(options: unknown, schema: ZodType = serverOptionsSchema): readonly Mistake[] {
  const found = mistakesOf(schema, options);
  return [...found, ...crossMistakes(options as CheckedOptions, found)];
}

/** @throws VoiceServerOptionsError for the first mistake */
export function checkOptions(options: VoiceServerOptions): void {
  const [first] = optionMistakes(options);
  if (first) throw new VoiceServerOptionsError(first.path, first.problem);
}
