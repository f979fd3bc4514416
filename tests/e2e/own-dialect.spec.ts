/** A custom dialect of the page: the documented example, verbatim. */
import { readFileSync } from 'node:fs';
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

const page = readFileSync(new URL('../../src/dialects/README.md', import.meta.url), 'utf8');
const example = /<!-- run by tests\/e2e\/own-dialect\.spec\.ts -->\n```js\n([\s\S]*?)```/.exec(page)?.[1] ?? '';

test('a call works in a custom dialect', async ({ widget, site, tape, fired }) => {
  expect(example).toContain('agent.dialect = acme');
  site.sandbox.play('xai');
  site.answer('/own/token', () => Response.json({ value: site.sandbox.mintKey().value, expires_at: Math.floor(Date.now() / 1000) + 60 }));
  await widget.open(site, { attributes: { 'token-url': '/own/token', model: 'theirs', voice: 'Ara' }, script: example });
  await tape.listen();
  await widget.button('Start talking').click();
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  expect([call.kind, call.profile]).toEqual(['websocket', 'xai']);
  const configured = await call.waitForClientEvent('session.update');
  expect(configured.event['session']).toMatchObject({ voice: 'Ara' });
  expect(call.sessionConfig.audio.output?.voice).toEqual({ id: 'Ara' });
  await widget.say('Hello there');
  await tape.sound();
  await expect(widget.transcript.getByText('You wrote: Hello there')).toBeVisible();
  await widget.reaches('listening');
  const serverEvents = await fired.of('voice-agent-server-event');
  expect(JSON.stringify(serverEvents)).toContain('"session.updated"');
  expect(JSON.stringify(serverEvents)).not.toContain('"ping"');
  expect(
    call.events.some(({ type }) => type === 'ping'),
    'the server sent a ping',
  ).toBe(true);
  expect(call.events.filter(({ direction }) => direction === 'in').map(({ type }) => type)).not.toContain('conversation.item.retrieve');
});

test('a dialect that throws on an event drops that event, and the call continues', async ({ widget, site }) => {
  site.sandbox.script({ replies: ['The first answer.', 'The second answer.'] });
  const breaks = `
    const agent = document.querySelector('voice-agent');
    agent.dialect = {
      name: 'clumsy',
      translator: () => ({
        inbound: (event) => {
          if (event.type === 'rate_limits.updated') throw new Error('did not think of that');
          return [event];
        },
        outbound: (event) => [event],
      }),
    };`;
  for (const transport of ['webrtc', 'websocket']) {
    await widget.open(site, { attributes: { transport, model: 'gpt-realtime-2.1' }, script: breaks });
    await widget.button('Type instead').click();
    await widget.reaches('connected');
    await widget.say('Go on');
    await expect(widget.transcript.getByText('The first answer.')).toBeVisible();
    await widget.reaches('listening');
    expect(await widget.state()).toBe('listening');
  }
});

test('without confirmed settings, a call is connected once the settings are sent', async ({ widget, site }) => {
  site.sandbox.fault({ at: 'event', type: 'session.updated', fault: 'drop' });
  const silent = "document.querySelector('voice-agent').dialect = { name: 'silent', confirmsSettings: false };";
  for (const transport of ['webrtc', 'websocket']) {
    await widget.open(site, { attributes: { transport, model: 'gpt-realtime-2.1' }, script: silent });
    await widget.button('Type instead').click();
    await widget.reaches('connected', 4_000);
    await widget.say('Go on');
    await expect(widget.transcript.getByText('You wrote: Go on')).toBeVisible();
  }
});
