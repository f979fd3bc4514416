/** Validates the options of `createVoiceServer`. A server with invalid options must not start. */
import type { ZodType } from 'zod';
import { VoiceServerOptionsError } from '../options.js';
import type { VoiceServerOptions } from '../options.js';
import { optionConflicts } from './option-conflicts.js';
import type { CheckedOptions } from './option-conflicts.js';
import { validationErrors } from './validation-errors.js';
import type { ValidationError } from './validation-errors.js';
import { serverOptionsSchema } from './options-schema.js';

/** All errors in the options; those of single options come first. */
export function optionErrors(options: unknown, schema: ZodType = serverOptionsSchema): readonly ValidationError[] {
  const found = validationErrors(schema, options);
  return [...found, ...optionConflicts(options as CheckedOptions, found)];
}

/** @throws VoiceServerOptionsError for the first error */
export function checkOptions(options: VoiceServerOptions): void {
  const [first] = optionErrors(options);
  if (first) throw new VoiceServerOptionsError(first.path, first.problem);
}
