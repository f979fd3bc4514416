/**
 * Validates scripts sent as JSON, so that a misspelt fault is reported immediately instead of never applying.
 * In-process scripts are checked by the types of `script.ts`.
 */
import { amount, anything, choose, flag, isRecord, list, object, oneOf, text } from '../protocol/schema.js';
import type { Rule } from '../protocol/schema.js';
import { ApiError, missingParameter } from '../protocol/api-error.js';

const isText = (value: unknown): boolean => typeof value === 'string';
const always = (): boolean => true;
const ms = amount(0, 86_400_000);
const types: Rule = choose({ when: Array.isArray, rule: list(text()) }, { when: always, rule: text() });
const headers: Rule = (value, path) => {
  if (!isRecord(value)) object({})(value, path);
  for (const [name, member] of Object.entries(value as object)) text()(member, `${path}.${name}`);
};

const phase = oneOf('commentary', 'final_answer');
const said = object(
  { say: text(), phase, pcm: list(amount(-32_768, 32_767, true)), tone: object({ hz: amount(20, 12_000), ms, dbfs: amount(-100, 0) }, ['hz', 'ms']) },
  ['say'],
);

const replyItem: Rule = (value, path) => {
  const kinds: Record<string, Rule> = {
    say: said,
    message: object({ message: list(said) }),
    text: object({ text: text(), phase }),
    call: object({ call: text(), arguments: anything, callId: text() }),
    mcpCall: object({ mcpCall: text(), server: text(), arguments: anything, output: text(), error: text(), ms }, ['server']),
    mcpApproval: object({ mcpApproval: text(), server: text(), arguments: anything, output: text(), error: text() }, ['server']),
  };
  const kind = Object.keys(kinds).find((name) => isRecord(value) && name in value);
  if (kind === undefined) throw missingParameter(`${path}.(${Object.keys(kinds).join('|')})`);
  kinds[kind]?.(value, path);
};

const reply: Rule = choose(
  { when: (value) => value === null || isText(value), rule: anything },
  {
    when: always,
    rule: object(
      {
        items: list(replyItem),
        thinkMs: ms,
        end: object({ status: oneOf('failed', 'incomplete'), code: text(), message: text(), type: text(), reason: oneOf('max_output_tokens', 'content_filter') }, ['status']),
      },
      ['items'],
    ),
  },
);

const transcript: Rule = choose(
  { when: isText, rule: anything },
  { when: (value) => isRecord(value) && 'fail' in value, rule: object({ fail: object({ code: text(), message: text(), type: text() }), afterMs: ms }) },
  { when: always, rule: object({ text: text(), afterMs: ms, deltas: list(text()) }, ['text']) },
);

const scope = { times: amount(0, Number.MAX_SAFE_INTEGER, true), skip: amount(0, Number.MAX_SAFE_INTEGER, true), at: anything, fault: anything };
const share = amount(0, 1);
const bytes = amount(1, 64 * 1024 * 1024, true);
const http: Record<string, Rule> = {
  status: object({ ...scope, status: amount(200, 599, true), body: anything, headers }, ['status']),
  delay: object({ ...scope, ms }, ['ms']),
  hang: object(scope),
  garbage: object({ ...scope, body: text() }),
  html: object({ ...scope, body: text() }),
  oversize: object({ ...scope, bytes }),
  redirect: object({ ...scope, to: text(), status: amount(300, 399, true) }, ['to']),
  disconnect: object(scope),
  'no-location': object(scope),
};
const event = { ...scope, type: types };
const call = { ...scope, when: object({ event: text(), ms }) };
const FAULTS: Record<string, Record<string, Rule>> = {
  client_secrets: http,
  calls: http,
  hangup: http,
  accept: http,
  reject: http,
  refer: http,
  websocket: http,
  media: {
    'ice-never': object(scope),
    'channel-never': object(scope),
    silence: object(scope),
    loss: object({ ...scope, share }, ['share']),
  },
  event: {
    drop: object(event),
    duplicate: object(event),
    delay: object({ ...event, ms }, ['ms']),
    reorder: object(event),
    replace: object({ ...event, with: anything }, ['with']),
    oversize: object({ ...event, bytes }),
    'non-json': object(event),
    binary: object(event),
  },
  'client-event': {
    reject: object({ ...event, error: anything }),
    ignore: object(event),
  },
  call: {
    'close-channel': object(call),
    'hang-up': object(call),
    loss: object({ ...call, share }, ['share']),
    silence: object(call),
    inject: object({ ...call, event: anything, repeat: amount(1, 1_000_000, true) }, ['event']),
    raw: object({ ...call, text: text() }, ['text']),
    burst: object({ ...call, count: amount(1, 10_000_000, true), perSecond: amount(1, 1_000_000), delta: text() }, ['count', 'perSecond']),
  },
};

/** A fault. */
export const faultRule: Rule = (value, path) => {
  object({ ...scopeOf(value) }, ['at', 'fault'])(value, path);
  const { at, fault } = value as { at: string; fault: string };
  oneOf(...Object.keys(FAULTS))(at, `${path}.at`);
  const kinds = FAULTS[at] ?? {};
  oneOf(...Object.keys(kinds))(fault, `${path}.fault`);
  kinds[fault]?.(value, path);
};

/** Accepts any fields: the rule for the fault's kind validates them. */
function scopeOf(value: unknown): Record<string, Rule> {
  return isRecord(value) ? Object.fromEntries(Object.keys(value).map((name) => [name, anything])) : {};
}

const mcp: Rule = (value, path) => {
  if (!isRecord(value)) throw new ApiError({ message: `Invalid type for '${path}': expected an object of servers by label.`, code: 'invalid_type', param: path });
  const tool = object({ name: text(), description: text(), input_schema: anything }, ['name']);
  for (const [label, server] of Object.entries(value)) object({ tools: list(tool), fail: flag, ms })(server, `${path}.${label}`);
};

/** A script. */
export const scriptRule: Rule = object({ replies: list(reply), transcripts: list(transcript), mcp, faults: list(faultRule) });
