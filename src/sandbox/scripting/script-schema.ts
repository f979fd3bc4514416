/**
 * Validates scripts sent as JSON, so that a misspelt fault is reported immediately instead of never applying.
 * In-process scripts are checked by the types of `script.ts`.
 */
import { amount, anything, choose, flag, isRecord, list, object, oneOf, text } from '../protocol/schema.js';
import type { Schema } from '../protocol/schema.js';
import { ApiError, missingParameter } from '../protocol/api-error.js';
import { milliseconds } from './define-fault.js';
import { faultSchema } from './faults.js';

const isText = (value: unknown): boolean => typeof value === 'string';
const always = (): boolean => true;
const phase = oneOf('commentary', 'final_answer');
const sentence = object(
  {
    say: text(),
    phase,
    pcm: list(amount(-32_768, 32_767, true)),
    tone: object({ hz: amount(20, 12_000), ms: milliseconds, dbfs: amount(-100, 0) }, ['hz', 'ms']),
  },
  ['say'],
);

const replyItem: Schema = (value, path) => {
  const kinds: Record<string, Schema> = {
    say: sentence,
    message: object({ message: list(sentence) }),
    text: object({ text: text(), phase }),
    call: object({ call: text(), arguments: anything, callId: text() }),
    mcpCall: object({ mcpCall: text(), server: text(), arguments: anything, output: text(), error: text(), ms: milliseconds }, ['server']),
    mcpApproval: object({ mcpApproval: text(), server: text(), arguments: anything, output: text(), error: text() }, ['server']),
  };
  const kind = Object.keys(kinds).find((name) => isRecord(value) && name in value);
  if (kind === undefined) throw missingParameter(`${path}.(${Object.keys(kinds).join('|')})`);
  kinds[kind]?.(value, path);
};

const reply: Schema = choose(
  { when: (value) => value === null || isText(value), schema: anything },
  {
    when: always,
    schema: object(
      {
        items: list(replyItem),
        thinkMs: milliseconds,
        end: object(
          {
            status: oneOf('failed', 'incomplete'),
            code: text(),
            message: text(),
            type: text(),
            reason: oneOf('max_output_tokens', 'content_filter'),
          },
          ['status'],
        ),
      },
      ['items'],
    ),
  },
);

const transcript: Schema = choose(
  { when: isText, schema: anything },
  {
    when: (value) => isRecord(value) && 'fail' in value,
    schema: object({ fail: object({ code: text(), message: text(), type: text() }), afterMs: milliseconds }),
  },
  { when: always, schema: object({ text: text(), afterMs: milliseconds, deltas: list(text()) }, ['text']) },
);

const mcp: Schema = (value, path) => {
  if (!isRecord(value))
    throw new ApiError({
      message: `Invalid type for '${path}': expected an object of servers by label.`,
      code: 'invalid_type',
      param: path,
    });
  const tool = object({ name: text(), description: text(), input_schema: anything }, ['name']);
  for (const [label, server] of Object.entries(value))
    object({ tools: list(tool), fail: flag, ms: milliseconds })(server, `${path}.${label}`);
};

/** A script. */
export const scriptSchema: Schema = object({ replies: list(reply), transcripts: list(transcript), mcp, faults: list(faultSchema) });
