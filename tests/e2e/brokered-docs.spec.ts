/** Runs the examples of `src/session/brokered-calls.md` unchanged, and a custom server that implements the documented protocol. */
import { chromiumLaunch } from '../support/chromium.js';
import { documentedExample } from '../support/documented.js';
import { silentRoom } from '../support/spoken.js';
import { brokeredPage, expect, test } from './brokered-fixtures.js';

type Agent = HTMLElementTagNameMap['voice-agent'];

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

const example = (name: string): string => documentedExample('src/session/brokered-calls.md', name);

test('the example tag starts a call', async ({ widget, site }) => {
  await widget.open(site, { ...brokeredPage(), attributes: false, body: example('page') });
  await widget.button(/Ask Ada/).click();
  await widget.reaches('connected');
});

test('the example authenticates the visitor', async ({ widget, site }) => {
  site.answer('/session/proof', () => new Response('visitor-canary-1'));
  await widget.open(site, brokeredPage('/known/voice/call', { script: example('visitor') }));
  await widget.button('Start talking').click();
  await widget.reaches('connected');
});

test('the example shows when and why the call ends', async ({ page, widget, site }) => {
  await widget.open(site, brokeredPage('/voice/call?profile=short', { script: example('ending') }));
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  await expect(page).toHaveTitle(/^Ends in \d+ s \(duration\)$/, { timeout: 15_000 });
  await expect(page).toHaveTitle('Ended: duration', { timeout: 20_000 });
});

test('a custom server works with the three documented requests', async ({ widget, site, cleanup }) => {
  const asked: string[] = [];
  let sendNotice: (notice: object) => void = () => undefined;
  site.answer('/own/call', async (request) => {
    asked.push(`${request.method} ${request.headers.get('content-type') ?? ''}`);
    const form = new FormData();
    form.set('sdp', await request.text());
    form.set('session', JSON.stringify({ type: 'realtime', model: 'gpt-realtime-2.1' }));
    const placed = await fetch(`${site.sandbox.url}/realtime/calls`, {
      method: 'POST',
      body: form,
      headers: { Authorization: 'Bearer sk-sandbox-tests' },
    });
    return new Response(await placed.text(), {
      status: 201,
      headers: { 'Content-Type': 'application/sdp', Location: '/own/call/by-hand' },
    });
  });
  site.answer('/own/call/by-hand/notices', (request) => {
    asked.push(`${request.method} notices`);
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        sendNotice = (notice) => controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(notice)}\n\n`));
      },
    });
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
  });
  site.answer('/own/call/by-hand', (request) => {
    asked.push(request.method);
    return new Response(null, { status: 204 });
  });
  await widget.open(site, brokeredPage('/own/call'));
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  await expect.poll(() => asked).toEqual(['POST application/sdp', 'GET notices']);
  sendNotice({ type: 'ending', reason: 'budget', seconds: 60 });
  await expect(widget.host.getByRole('status')).toContainText('This call ends in 60 seconds. It’s close to its usage limit.');
  sendNotice({ type: 'continues' });
  await expect(widget.host.getByRole('status')).not.toContainText('ends in');
  await widget.host.evaluate((agent: Agent) => agent.close());
  await expect.poll(() => asked.at(-1)).toBe('DELETE');
  expect(await cleanup.errors()).toEqual([]);
});
