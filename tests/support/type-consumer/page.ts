/** Type-checked by `.config/types-check.sh` in a project that has installed only the package. */
import 'voice-agent-element/define';
import { VoiceAgent, defineTool } from 'voice-agent-element/element';
import type { Message, ToolArguments } from 'voice-agent-element/element';
import { VoiceAgentError } from 'voice-agent-element/errors';
import type { ErrorCode } from 'voice-agent-element/errors';
import { VoiceSession, defineTool as sameFunction } from 'voice-agent-element/session';
import * as all from 'voice-agent-element';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(..._: Same<A, B> extends true ? [] : ['these types differ']): void => undefined;

const element = document.createElement('voice-agent');
same<typeof element, VoiceAgent>();
element.addEventListener('voice-agent-message', (event) => same<typeof event.detail.message, Message>());
element.addEventListener('voice-agent-before-connect', ({ detail }) => detail.waitUntil(Promise.resolve(detail.config.tokenUrl)));
element.addEventListener('voice-agent-error', ({ detail: { error } }) => {
  same<typeof error, VoiceAgentError>();
  same<typeof error.code, ErrorCode>();
});
document.querySelector('voice-agent')?.connect({ timeout: 1_000 });
// @ts-expect-error: the property does not exist.
element.tokenURL = '/voice/token';

const session = new VoiceSession({ tokenUrl: '/voice/token' });
session.on('message', ({ text }) => same<typeof text, string>());
same<typeof all.VoiceAgent, typeof VoiceAgent>();
same<typeof all.VoiceSession, typeof VoiceSession>();
same<typeof all.VoiceAgentError, typeof VoiceAgentError>();
same<typeof all.defineTool, typeof sameFunction>();

const findOrder = defineTool({
  name: 'find_order',
  parameters: {
    type: 'object',
    properties: {
      number: { type: 'integer' },
      status: { enum: ['open', 'closed'] },
      lines: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } },
      note: { type: ['string', 'null'] },
      how: { anyOf: [{ const: 'fast' }, { type: 'number' }] },
    },
    required: ['number', 'status', 'lines', 'note'],
  },
  needsApproval: ({ number }) => number > 3,
  execute: ({ number, status, lines, note, how }, { signal }) => {
    same<typeof number, number>();
    same<typeof status, 'open' | 'closed'>();
    same<(typeof lines)[number]['name'], string>();
    same<typeof note, string | null>();
    same<typeof how, 'fast' | number | undefined>();
    return signal.aborted;
  },
});
const withoutArguments = defineTool({ name: 'now', execute: () => new Date() });

/** A library's schema, represented only by its types. */
declare const alarm: { readonly '~standard': { readonly types?: { readonly input: { time: string }; readonly output: { time: Date } } } };
same<ToolArguments<typeof alarm>, { time: Date }>();
const setAlarm = defineTool({ name: 'set_alarm', parameters: alarm, execute: ({ time }) => time.getHours() });
// @ts-expect-error: the schema does not have this field.
defineTool({ name: 'set_alarm', parameters: alarm, execute: ({ hour }) => hour });
element.tools = [findOrder, withoutArguments, setAlarm, { name: 'plain', execute: () => 'also without defineTool' }];
