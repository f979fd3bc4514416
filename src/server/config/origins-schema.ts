/** Schema of a list of exact origins; each mistake is reported at its entry. */
import * as z from 'zod';
import { originMistakes } from './origin-errors.js';

/** `allowedOrigins`. */
export const originsSchema = z.unknown().superRefine((value, context) => {
  for (const { index, problem } of originMistakes(value)) {
    context.addIssue({ code: 'custom', path: index === undefined ? [] : [index], message: problem });
  }
});
