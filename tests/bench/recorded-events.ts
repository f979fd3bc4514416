/**
 * Typical visitor sessions (spoken, typed, with a tool, interrupted), recorded by the sandbox and checked against the
 * fields that the protocol requires of every server event.
 */
import type { RecordedEvent, SandboxCall } from '../../src/sandbox/index.js';
import required from '../support/realtime-required-fields.json' with { type: 'json' };
import type { Figure } from '../support/bench-figure.js';
import { pause, withLab } from '../support/bench-lab.js';
import { ourPage } from '../support/bench-pages.js';
import { spoken, withWav } from '../support/bench-sound.js';
import { round } from '../support/bench-statistics.js';

const FIELDS: Readonly<Record<string, readonly string[]>> = required;

const CONNECT = `(async () => {
  const widget = document.querySelector('voice-agent');
  widget.tools = [{
    name: 'get_time',
    description: 'Tells the time.',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
    execute: () => ({ time: '12:34' }),
  }];
  await widget.connect();
})()`;

const typed = (text: string): string => `document.querySelector('voice-agent').send('${text}')`;

/** The fields that an event lacks; `(unknown type)` for a type that the protocol does not have. */
export function missingFields({ type, event }: RecordedEvent): string[] {
  const fields = FIELDS[type];
  return fields ? fields.filter((field) => !(field in event) || event[field] === undefined) : ['(unknown type)'];
}

async function answered(call: SandboxCall, act: () => Promise<unknown>): Promise<void> {
  const after = (call.events.at(-1)?.index ?? -1) + 1;
  await act();
  await call.waitForServerEvent('output_audio_buffer.started', { after, timeoutMs: 15_000 });
}

async function session(call: SandboxCall, ask: (text: string) => Promise<unknown>, interrupt: () => Promise<unknown>): Promise<void> {
  await call.waitForServerEvent('input_audio_buffer.speech_stopped', { timeoutMs: 15_000 });
  await call.waitForServerEvent('output_audio_buffer.stopped', { timeoutMs: 30_000 });
  await answered(call, () => ask('Good morning.'));
  await call.waitForServerEvent('output_audio_buffer.stopped', { after: call.events.length, timeoutMs: 30_000 });
  await answered(call, () => ask('Please call get_time.'));
  await pause(500);
  const after = call.events.length;
  await interrupt();
  await call.waitForServerEvent('output_audio_buffer.cleared', { after });
  await pause(500);
}

/** Takes about half a minute. */
export async function measureRecordedEvents(): Promise<Figure[]> {
  const events = await withWav(await spoken('Hello, can you hear me?', 2, 60), (wav) =>
    withLab({ wav, pages: (baseUrl) => ({ '/page.html': ourPage(`token-url="/token" base-url="${baseUrl}"`) }) }, async (lab) => {
      const visit = await lab.visit('/page.html');
      await visit.page.evaluate(CONNECT);
      const call = await lab.sandbox.nextCall();
      await session(
        call,
        (text) => visit.page.evaluate(typed(text)),
        () => visit.page.evaluate(`document.querySelector('voice-agent').interrupt()`),
      );
      await visit.leave();
      return call.events.filter(({ direction }) => direction === 'out');
    }),
  );
  const faulty = events.map((event) => ({ type: event.type, missing: missingFields(event) })).filter(({ missing }) => missing.length > 0);
  const types = new Set(events.map(({ type }) => type));
  return [
    {
      figure: 'events of recorded sessions that have all required fields',
      value: round((100 * (events.length - faulty.length)) / events.length, 2),
      unit: '%',
      bound: 100,
      atLeast: true,
      note: `n ${String(events.length)} events of ${String(types.size)} types${faulty.length ? `; missing: ${[...new Set(faulty.map(({ type, missing }) => `${type} (${missing.join(', ')})`))].join('; ')}` : ''}`,
    },
  ];
}
