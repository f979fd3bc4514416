/** The server rejects `response.create` because another response is active: the request is retried, or its loss is reported. */
import type { SandboxCall } from '../../src/sandbox/index.js';
import { NOTHING } from '../support/resource-probe.js';
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';
import { LONG, LOW, tone } from './tone-answers.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

const REFUSED = {
  type: 'invalid_request_error',
  code: 'conversation_already_has_active_response',
  message: 'Conversation already has an active response in progress: resp_other.',
};
const refusal = (times: number, skip = 0) =>
  ({ at: 'client-event', type: 'response.create', fault: 'reject', skip, times, error: REFUSED }) as const;
const response = (status: string) => ({
  id: 'resp_other',
  object: 'realtime.response',
  status,
  status_details: null,
  output: [],
  conversation_id: 'conv_1',
  usage: null,
});

/** The server starts and finishes a response that neither the page nor the visitor requested. */
async function passAnother(call: SandboxCall, meanwhile: () => Promise<void> = async () => undefined): Promise<void> {
  call.sendEvent({ type: 'response.created', response: response('in_progress') });
  await meanwhile();
  call.sendEvent({ type: 'response.done', response: response('completed') });
}

const requests = (call: SandboxCall): number =>
  call.events.filter(({ direction, type }) => direction === 'in' && type === 'response.create').length;

const script = `document.querySelector('voice-agent').tools = [
  { name: 'get_weather', parameters: { type: 'object', properties: {} }, execute: () => 'sunny' },
];`;

for (const transport of ['webrtc', 'websocket']) {
  test(`${transport}: a tool result is answered after its response request was rejected`, async ({ widget, site, fired }) => {
    site.sandbox.script({
      replies: [{ items: [{ call: 'get_weather', arguments: {} }] }, { items: [{ text: 'It is sunny.' }] }],
      faults: [refusal(1, 1)],
    });
    await widget.open(site, { script, attributes: { transport } });
    await widget.button('Type instead').click();
    await widget.reaches('connected');
    const call = await site.sandbox.nextCall();
    await widget.say('How is the weather?');
    await call.waitForServerEvent('error');
    await passAnother(call);
    await expect(widget.transcript.getByText('It is sunny.')).toBeVisible();
    await widget.reaches('listening');
    expect(requests(call), 'the question, the rejected request and its retry').toBe(3);
    expect(await fired.of('voice-agent-error')).toEqual([]);
  });

  test(`${transport}: a typed question is answered after its response request was rejected`, async ({ widget, site, fired }) => {
    site.sandbox.script({ replies: [{ items: [{ text: 'Here it is.' }] }], faults: [refusal(1)] });
    await widget.open(site, { attributes: { transport } });
    await widget.button('Type instead').click();
    await widget.reaches('connected');
    const call = await site.sandbox.nextCall();
    await widget.say('Where is it?');
    await call.waitForServerEvent('error');
    expect(await widget.state(), 'the answer is still pending').toBe('thinking');
    await passAnother(call);
    await expect(widget.transcript.getByText('Here it is.')).toBeVisible();
    await widget.reaches('listening');
    expect(requests(call)).toBe(2);
    expect(await fired.of('voice-agent-error')).toEqual([]);
  });

  test(`${transport}: a second rejection is reported, and the next question is answered`, async ({ widget, site, fired }) => {
    site.sandbox.script({ replies: [{ items: [{ text: 'Here it is.' }] }], faults: [refusal(2)] });
    await widget.open(site, { attributes: { transport } });
    await widget.button('Type instead').click();
    await widget.reaches('connected');
    const call = await site.sandbox.nextCall();
    await widget.say('Where is it?');
    const first = await call.waitForServerEvent('error');
    await passAnother(call);
    await call.waitForServerEvent('error', { after: first.index });
    await expect
      .poll(async () => (await fired.of('voice-agent-error')).map(({ error }) => [error.code, error.recoverable]))
      .toEqual([['server_error', true]]);
    await expect(widget.alert).not.toBeEmpty();
    await widget.reaches('listening');
    await widget.say('And now?');
    await expect(widget.transcript.getByText('Here it is.')).toBeVisible();
    expect(requests(call)).toBe(3);
  });
}

test('a rejected greeting and a rejected answer() are retried with their own settings', async ({ widget, site }) => {
  site.sandbox.script({
    replies: [{ items: [{ text: 'Good day.' }] }, { items: [{ text: 'In short.' }] }],
    faults: [refusal(1), refusal(1, 2)],
  });
  await widget.open(site, { attributes: { greeting: 'Good day.' } });
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  const first = await call.waitForServerEvent('error');
  await passAnother(call);
  await expect(widget.transcript.getByText('Good day.')).toBeVisible();
  await widget.reaches('listening');
  await widget.host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => agent.answer({ metadata: { short: 'yes' } }));
  await call.waitForServerEvent('error', { after: first.index });
  await passAnother(call);
  await expect(widget.transcript.getByText('In short.')).toBeVisible();
  const asked = call.events
    .filter(({ direction, type }) => direction === 'in' && type === 'response.create')
    .map(({ event }) => event['response'] as Record<string, unknown>);
  expect(asked.map((one) => 'metadata' in one)).toEqual([false, false, true, true]);
});

test('a rejected request is not retried after the call has ended', async ({ widget, site, resources }) => {
  site.sandbox.script({ faults: [refusal(1)] });
  await widget.open(site);
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  await widget.say('Where is it?');
  await call.waitForServerEvent('error');
  await widget.host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => agent.close());
  await call.ended;
  expect(requests(call)).toBe(1);
  expect(await resources.settled()).toEqual(NOTHING);
});

test('during an out-of-band response, Interrupt cancels the audible response and the next question is answered', async ({
  widget,
  site,
}) => {
  const { WebSocket } = await import('ws');
  site.sandbox.script({ replies: [tone(LONG, LOW, 40_000), { items: [{ text: 'topic: numbers' }] }, { items: [{ text: 'Next.' }] }] });
  await widget.open(site);
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  const sideband = new WebSocket(`${site.sandbox.url.replace('http', 'ws')}/realtime?call_id=${call.id}`, {
    headers: { authorization: 'Bearer sk-sandbox-tests' },
  });
  await new Promise((resolve, reject) => sideband.once('open', resolve).once('error', reject));
  await widget.say('Count');
  await widget.reaches('speaking');
  const begun = call.events.length;
  sideband.send(
    JSON.stringify({
      type: 'response.create',
      response: { conversation: 'none', output_modalities: ['text'], instructions: 'Name the topic.' },
    }),
  );
  await call.waitForServerEvent('response.done', { after: begun });
  expect(await widget.state()).toBe('speaking');
  await widget.button('Interrupt').click();
  const cancel = await call.waitForClientEvent('response.cancel');
  const answer = call.events.find(({ type }) => type === 'response.created');
  expect(cancel.event['response_id']).toBe((answer?.event['response'] as { id: string }).id);
  await widget.say('And now?');
  await expect(widget.transcript.getByText('Next.')).toBeVisible();
  await widget.reaches('listening');
  expect((await widget.messages()).map(({ text }) => text)).not.toContain('topic: numbers');
  sideband.close();
});
