/** Servers that send fewer fields or other shapes than the Realtime API: what the visitor sees and the page receives. */
import { enPanel } from '../../src/i18n/en-panel.js';
import type { SandboxCall } from '../../src/sandbox/index.js';
import { expect, test, typedCall } from './fault-fixtures.js';

/** The events here omit required fields, as such servers do. */
test.beforeEach(({ spoiled }) => void spoiled.push(() => true));

type Agent = HTMLElementTagNameMap['voice-agent'];

const speech = (id: string): object[] => [
  { type: 'input_audio_buffer.speech_started', audio_start_ms: 0, item_id: id },
  { type: 'input_audio_buffer.speech_stopped', audio_end_ms: 900, item_id: id },
];
const heard = (id: string, transcript: string): object => ({
  type: 'conversation.item.input_audio_transcription.completed',
  item_id: id,
  content_index: 0,
  transcript,
});
const created = (id: string): object => ({
  type: 'response.created',
  response: { object: 'realtime.response', id, status: 'in_progress', status_details: null, output: [], conversation_id: 'conv_1' },
});
const cut = (id: string, reason: string, text = ''): object => {
  const output =
    text === ''
      ? []
      : [
          {
            id: `${id}_a`,
            object: 'realtime.item',
            type: 'message',
            role: 'assistant',
            status: 'incomplete',
            content: [{ type: 'output_text', text }],
          },
        ];
  return {
    type: 'response.done',
    response: {
      object: 'realtime.response',
      id,
      status: 'incomplete',
      status_details: { type: 'incomplete', reason },
      output,
      conversation_id: 'conv_1',
    },
  };
};
const send = (call: SandboxCall, events: readonly object[]): void => {
  for (const event of events) call.sendEvent(event as { type: string });
};

test('turns without commit events are shown and emitted with their transcripts', async ({ widget, site, cleanup, fired }) => {
  const call = await typedCall(widget, site);
  send(call, [...speech('u1'), ...speech('u2'), heard('u2', 'second'), heard('u1', 'first')]);
  await expect.poll(async () => (await widget.messages()).map(({ text }) => text)).toEqual(['first', 'second']);
  send(call, [heard('u1', 'First.')]);
  await expect
    .poll(async () => (await fired.of('voice-agent-message-revised')).map(({ message, previous }) => [previous.text, message.text]))
    .toEqual([['first', 'First.']]);
  expect((await fired.of('voice-agent-message')).map(({ message }) => message.text).sort()).toEqual(['first', 'second']);
  expect(await cleanup.errors()).toEqual([]);
});

test('an answer cut before its first item shows the reason until the next answer', async ({ widget, site, fired }) => {
  const call = await typedCall(widget, site);
  send(call, [...speech('u1'), created('r1'), cut('r1', 'content_filter'), heard('u1', 'How do I')]);
  await expect(widget.transcript.getByText('How do I', { exact: true })).toBeVisible();
  await expect(widget.alert).toContainText(enPanel.causes['content_filter']?.title ?? 'missing');
  expect((await fired.of('voice-agent-error')).map(({ error: { code, reason } }) => [code, reason])).toEqual([
    ['answer_incomplete', 'content_filter'],
  ]);
  call.replyNext({ items: [{ text: 'Like this.' }] });
  await widget.say('Please?');
  await expect(widget.transcript.getByText('Like this.', { exact: true })).toBeVisible();
  await expect(widget.alert).toHaveText('');
});

test('an answer cut after its first words is marked in the transcript without an alert', async ({ widget, site, cleanup }) => {
  const call = await typedCall(widget, site);
  const delta = {
    type: 'response.output_text.delta',
    response_id: 'r1',
    item_id: 'r1_a',
    output_index: 0,
    content_index: 0,
    delta: 'It is',
  };
  send(call, [created('r1'), delta, cut('r1', 'max_output_tokens', 'It is')]);
  await expect(widget.transcript.getByText(enPanel.causes['max_output_tokens']?.title ?? 'missing')).toBeVisible();
  expect(await widget.messages()).toMatchObject([{ text: 'It is', status: 'failed', reason: 'max_output_tokens' }]);
  await expect(widget.alert).toHaveText('');
  expect(await cleanup.errors()).toEqual([]);
});

test('an error sent as a string is shown and reported, and harmless refusals are not', async ({ widget, site, cleanup }) => {
  const call = await typedCall(widget, site);
  send(call, [
    { type: 'error', error: { type: 'response_cancel_not_active', code: null, message: 'Nothing to cancel.' } },
    { type: 'error', error: 'Audio content of 3700ms is already shorter than 3760ms' },
    { type: 'error', message: 'Unknown event: conversation.item.retrieve', code: 'unknown_event' },
    { type: 'error', error: 'Model overloaded', code: 'processing_error' },
  ]);
  await expect(widget.alert).toContainText(enPanel.errors.server_error.detail);
  expect(await cleanup.errors()).toMatchObject([{ code: 'server_error', message: 'Model overloaded' }]);
});

test('a tool row stays in place after the panel is minimised and reopened', async ({ widget, site }) => {
  const script = `document.querySelector('voice-agent').tools = [{ name: 'clock', execute: () => '12:00' }];`;
  const call = await typedCall(widget, site, { script });
  call.replyNext({ items: [{ call: 'clock', arguments: {} }] });
  call.replyNext({ items: [{ text: 'It is noon.' }] });
  call.replyNext({ items: [{ text: 'You are welcome.' }] });
  await widget.say('What time is it?');
  await expect(widget.transcript.getByText('It is noon.', { exact: true })).toBeVisible();
  await widget.say('Thanks');
  await expect(widget.transcript.getByText('You are welcome.', { exact: true })).toBeVisible();
  const rows = widget.host.locator('voice-agent-transcript [data-key]');
  const before = await rows.allTextContents();
  expect(before).toHaveLength(5);
  expect(before[1]).toContain('clock');
  await widget.host.evaluate((agent: Agent) => void (agent.open = false));
  await expect(rows).toHaveCount(0);
  await widget.host.evaluate((agent: Agent) => void (agent.open = true));
  await expect(rows).toHaveText(before);
});
