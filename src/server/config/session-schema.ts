/** Schema of an agent's session. */
import * as z from 'zod';
import type { SessionOptions } from './session-request.js';
import { jsonObject, oneOf, options, text } from './schemas.js';

const turnDetection = z.custom(
  (value) => value === null || ['semantic_vad', 'server_vad', 'none'].includes(value as string) || typeof (value as { type?: unknown } | undefined)?.type === 'string',
  { error: 'must be "semantic_vad", "server_vad", "none", or an object with a "type".' },
);

const transcription = z.custom(
  (value) => value === null || (typeof value === 'object' && typeof (value as { model?: unknown } | undefined)?.model === 'string'),
  { error: 'must be an object with a "model", or null.' },
);

/** `session`. */
export const sessionSchema = options({
  type: oneOf('realtime', 'transcription').optional(),
  model: text().optional(),
  voice: text().optional(),
  instructions: text().optional(),
  turnDetection: turnDetection.optional(),
  transcription: transcription.optional(),
  config: jsonObject().optional(),
} satisfies Record<keyof SessionOptions, z.ZodType>);
