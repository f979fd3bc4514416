/** Schema of an agent's session. */
import * as z from 'zod';
import type { SessionOptions } from '../options.js';
import { enumSchema, jsonObjectSchema, objectSchema, textSchema } from './schemas.js';

const turnDetection = z.custom(
  (value) =>
    value === null ||
    ['semantic_vad', 'server_vad', 'none'].includes(value as string) ||
    typeof (value as { type?: unknown } | undefined)?.type === 'string',
  { error: 'must be "semantic_vad", "server_vad", "none", or an object with a "type".' },
);

const transcription = z.custom(
  (value) => value === null || (typeof value === 'object' && typeof (value as { model?: unknown } | undefined)?.model === 'string'),
  { error: 'must be an object with a "model", or null.' },
);

/** `session`. */
export const sessionSchema = objectSchema({
  type: enumSchema('realtime', 'transcription').optional(),
  model: textSchema().optional(),
  voice: textSchema().optional(),
  instructions: textSchema().optional(),
  turnDetection: turnDetection.optional(),
  transcription: transcription.optional(),
  config: jsonObjectSchema().optional(),
} satisfies Record<keyof SessionOptions, z.ZodType>);
