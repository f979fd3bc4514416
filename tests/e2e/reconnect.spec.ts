/** `reconnect`: a broken call reconnects automatically, continues the conversation, and eventually gives up. */
import { NOTHING } from '../support/resource-probe.js';
import { chromiumLaunch } from '../support/chromium.js';
import { hummingRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';
import type { Widget } from './fixtures.js';

const room = await hummingRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

type Agent = HTMLElementTagNameMap['voice-agent'];

const texts = async (widget: Widget): Promise<string[]> => (await widget.messages()).map(({ text }) => text);
for (const transport of ['webrtc', 'websocket'] as const) {
  test.describe(transport, () => {
    const attributes = { reconnect: true, transport } as const;

    test('a broken call continues with a new key, the same microphone, transcript and conversation', async ({
      widget,
      site,
      resources,
      fired,
      tape,
    }) => {
      await widget.open(site, { attributes: { ...attributes, greeting: 'Welcome to the shop.' } });
      await tape.listen();
      await widget.button('Start talking').click();
      await widget.reaches('connected');
      const first = await site.sandbox.nextCall();
      await expect.poll(() => texts(widget)).toEqual(['Welcome to the shop.']);
      await expect.poll(() => fired.of('voice-agent-message')).toHaveLength(1);
      await widget.reaches('listening');
      first.replyNext({ items: [{ text: 'It is noon.' }] });
      await widget.say('What is the time?');
      await expect.poll(() => texts(widget)).toEqual(['Welcome to the shop.', 'What is the time?', 'It is noon.']);
      await widget.button('Mute').click();
      const since = await widget.host.evaluate((agent: Agent) => (agent.session?.status as { since: number }).since);

      first.closeChannel();
      await widget.reaches('reconnecting');
      await expect(widget.host.getByText('Reconnecting').first()).toBeVisible();
      await widget.reaches('connected');
      const second = await site.sandbox.nextCall();
      expect(await first.ended).toBeTruthy();
      expect(second.key).not.toBe(first.key);
      expect(await widget.host.evaluate((agent: Agent) => agent.session?.status)).toMatchObject({ microphone: 'muted', since });
      expect(await resources.asked()).toMatchObject({ microphone: 1 });
      expect(await resources.held()).toMatchObject({ tracks: 1, connections: transport === 'webrtc' ? 1 : 0 });

      // The new server received the history item by item, and no response was requested.
      expect(second.items.map(({ role, content }) => [role, content?.map(({ text }) => text)])).toEqual([
        ['assistant', ['Welcome to the shop.']],
        ['user', ['What is the time?']],
        ['assistant', ['It is noon.']],
      ]);
      expect(second.items.map(({ id }) => id)).toEqual((await widget.messages()).map(({ id }) => id));
      expect(second.events.some(({ event }) => event.type === 'response.create')).toBe(false);

      // The call continues with sound.
      const asked = Date.now();
      await widget.say('And now?');
      await tape.sound(asked);
      await expect
        .poll(() => texts(widget))
        .toEqual(['Welcome to the shop.', 'What is the time?', 'It is noon.', 'And now?', 'You wrote: And now?']);
      await expect(widget.transcript.getByText('It is noon.', { exact: true })).toHaveCount(1);
      const states = (await fired.of('voice-agent-state-change')).map(({ state }) => state);
      expect(states).toEqual(['connecting', 'connected', 'reconnecting', 'connected']);
      expect(await fired.of('voice-agent-error')).toEqual([]);
      // Each turn is emitted once: those of the first connection are not repeated, and the last one follows the end of its sound.
      await expect
        .poll(async () => (await fired.of('voice-agent-message')).map(({ message }) => message.text))
        .toEqual(await texts(widget));
      await widget.button('Mute').click();
      const unmuted = Date.now();
      await expect.poll(() => second.inputLevel({ since: unmuted }), 'the same microphone is heard again').toBeGreaterThan(-100);
    });

    test('text typed while reconnecting is sent afterwards', async ({ widget, site }) => {
      await widget.open(site, { attributes });
      await widget.button('Type instead').click();
      await widget.reaches('connected');
      const first = await site.sandbox.nextCall();
      const slow = site.sandbox.fault({ at: 'client_secrets', fault: 'delay', ms: 1_000 });
      first.closeChannel();
      await widget.reaches('reconnecting');
      await widget.say('Are you there?');
      await widget.reaches('connected');
      slow.remove();
      await expect.poll(() => texts(widget)).toEqual(['Are you there?', 'You wrote: Are you there?']);
      expect((await site.sandbox.nextCall()).items).toHaveLength(2);
    });

    test('a tool that runs when the connection breaks is aborted, and the agent answers without its result', async ({
      widget,
      site,
      fired,
    }) => {
      const script = `document.querySelector('voice-agent').tools = [
        { name: 'slow', execute: (_, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => { window.aborted = true; reject(signal.reason); })) },
      ];`;
      await widget.open(site, { attributes, script });
      await widget.button('Type instead').click();
      await widget.reaches('connected');
      const first = await site.sandbox.nextCall();
      first.replyNext({ items: [{ call: 'slow', arguments: { city: 'Oslo' } }] });
      await widget.say('Look it up.');
      await expect.poll(() => fired.of('voice-agent-tool-start')).toHaveLength(1);
      site.sandbox.script({ replies: [{ items: [{ text: 'Let me try again.' }] }] });
      first.closeChannel();
      await expect.poll(() => texts(widget)).toEqual(['Look it up.', 'Let me try again.']);
      expect(await widget.page.evaluate(() => (window as { aborted?: boolean }).aborted)).toBe(true);
      const second = await site.sandbox.nextCall();
      expect(second.items.map(({ type }) => type)).toEqual(['message', 'function_call', 'function_call_output', 'message']);
      expect(second.items[2]?.['output']).toContain('error');
    });

    test('hanging up while reconnecting ends the call immediately and releases everything', async ({ widget, site, resources, fired }) => {
      await widget.open(site, { attributes });
      await widget.button('Start talking').click();
      await widget.reaches('connected');
      const hanging = site.sandbox.fault({ at: 'client_secrets', fault: 'hang' });
      (await site.sandbox.nextCall()).closeChannel();
      await widget.reaches('reconnecting');
      expect(await resources.held()).toMatchObject({ tracks: 1, connections: 0 });
      await expect.poll(() => hanging.hits).toBe(1);
      await widget.button('Cancel').click();
      await widget.reaches('disconnected');
      expect(await resources.settled()).toEqual(NOTHING);
      hanging.remove();
      expect(await fired.of('voice-agent-error')).toEqual([]);
      await widget.button('Call again').click();
      await widget.reaches('connected');
    });

    test('reconnecting waits for the network, and a permanent refusal ends the call with an error', async ({
      widget,
      site,
      resources,
      context,
      fired,
    }) => {
      await widget.open(site, { attributes });
      await widget.button('Start talking').click();
      await widget.reaches('connected');
      await context.setOffline(true);
      (await site.sandbox.nextCall()).closeChannel();
      await widget.reaches('reconnecting');
      const keys = site.sandbox.keys.length;
      await context.setOffline(false);
      await widget.reaches('connected');
      expect(site.sandbox.keys).toHaveLength(keys + 1);
      site.sandbox.fault({ at: transport === 'webrtc' ? 'calls' : 'client_secrets', fault: 'status', status: 403 });
      (await site.sandbox.nextCall()).closeChannel();
      await widget.reaches('failed');
      await expect(widget.alert).toBeVisible();
      expect((await fired.of('voice-agent-error')).length).toBe(1);
      expect(await resources.settled()).toEqual(NOTHING);
    });

    test('reconnecting stops if the server breaks every new connection', async ({ widget, site, resources, fired }) => {
      test.slow();
      site.sandbox.script({ faults: [{ at: 'call', fault: 'close-channel', when: { event: 'session.updated', ms: 50 } }] });
      await widget.open(site, { attributes });
      await widget.button('Type instead').click();
      await widget.reaches('failed', 60_000);
      expect(site.sandbox.calls.length).toBeLessThanOrEqual(6);
      expect((await fired.of('voice-agent-error')).map(({ error }) => error.code)).toEqual(['connection_lost']);
      expect(await resources.settled()).toEqual(NOTHING);
    });
  });
}

test('an SDK agent continues with the history and its tools', async ({ widget, site }) => {
  const script = `
    import { RealtimeAgent, tool } from '/agents.js';
    const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: true };
    const weather = tool({ name: 'weather', description: 'Tells the weather.', parameters, strict: false, execute: ({ city }) => city + ': 21 degrees' });
    document.querySelector('voice-agent').agent = new RealtimeAgent({ name: 'Guide', instructions: 'Guide people.', tools: [weather] });`;
  await widget.open(site, { attributes: { reconnect: true }, script });
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  const first = await site.sandbox.nextCall();
  const weather = { items: [{ call: 'weather', arguments: { city: 'Oslo' } }] };
  first.replyNext(weather);
  first.replyNext({ items: [{ text: 'It is 21 degrees.' }] });
  await widget.say('How is Oslo?');
  const before = ['How is Oslo?', 'It is 21 degrees.'];
  await expect.poll(() => texts(widget)).toEqual(before);
  first.closeChannel();
  const second = await site.sandbox.nextCall({ timeoutMs: 20_000 });
  await widget.reaches('connected');
  expect(second.sessionConfig).toMatchObject({ instructions: 'Guide people.', tools: [{ name: 'weather' }] });
  expect(second.items.map(({ type, output }) => [type, output])).toEqual([
    ['message', undefined],
    ['function_call', undefined],
    ['function_call_output', 'Oslo: 21 degrees'],
    ['message', undefined],
  ]);
  second.replyNext(weather);
  second.replyNext({ items: [{ text: 'Still 21.' }] });
  await widget.say('And now?');
  await expect.poll(() => texts(widget)).toEqual([...before, 'And now?', 'Still 21.']);
});

test('a beta server receives the history in its own format', async ({ widget, site }) => {
  site.sandbox.play('beta');
  site.answer('/beta/token', () =>
    Response.json({ client_secret: { value: site.sandbox.mintKey().value, expires_at: Math.floor(Date.now() / 1000) + 60 } }),
  );
  await widget.open(site, { attributes: { reconnect: true, dialect: 'beta', model: 'a-model-of-theirs', 'token-url': '/beta/token' } });
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  const first = await site.sandbox.nextCall();
  first.replyNext({ items: [{ text: 'Hello yourself.' }] });
  await widget.say('Hello?');
  await expect.poll(() => texts(widget)).toEqual(['Hello?', 'Hello yourself.']);
  first.closeChannel();
  const second = await site.sandbox.nextCall({ timeoutMs: 20_000 });
  await widget.reaches('connected');
  const restored = second.events.filter(({ direction, type }) => direction === 'in' && type === 'conversation.item.create');
  expect(restored.map(({ event }) => (event as { item: { content: unknown } }).item.content)).toEqual([
    [{ type: 'input_text', text: 'Hello?' }],
    [{ type: 'text', text: 'Hello yourself.' }],
  ]);
  expect(second.events.filter(({ type }) => type === 'error')).toEqual([]);
});

test('without `reconnect`, a broken call fails', async ({ widget, site }) => {
  await widget.open(site);
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  (await site.sandbox.nextCall()).closeChannel();
  await widget.reaches('failed');
  expect(site.sandbox.keys).toHaveLength(1);
});
