/** The element's methods for its transport: images, histories, raw events, settings; and their errors. */
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

type Agent = HTMLElementTagNameMap['voice-agent'];

const ASKS = ['send text', 'send sound', 'answer', 'addImage', 'sendEvent', 'updateSessionConfig', 'resetHistory'];

/** Calls every method and returns each outcome. */
const askAll = (agent: Agent): Promise<string[]> => {
  const asks: [string, () => Promise<void>][] = [
    ['send text', () => agent.send('Hello')],
    ['send sound', () => agent.send(new Int16Array(4))],
    ['answer', () => agent.answer()],
    ['addImage', () => agent.addImage('data:image/png;base64,iVBORw0KGgo=')],
    ['sendEvent', () => agent.sendEvent({ type: 'response.create' })],
    ['updateSessionConfig', () => agent.updateSessionConfig({ instructions: 'x' })],
    ['resetHistory', () => agent.resetHistory([])],
  ];
  return Promise.all(
    asks.map(([name, ask]) =>
      ask().then(
        () => `${name}: done`,
        ({ name: kind, code }: { name: string; code: string }) => `${name}: ${kind} ${code}`,
      ),
    ),
  );
};

test('without a call, every method rejects with invalid_request, before and after a call', async ({ widget, site, fired }) => {
  await widget.open(site);
  const refused = ASKS.map((name) => `${name}: VoiceAgentError invalid_request`);
  expect(await widget.host.evaluate(askAll)).toEqual(refused);
  await widget.host.evaluate((agent: Agent) => {
    agent.interrupt();
    return agent.close();
  });
  expect(site.sandbox.calls).toHaveLength(0);
  await widget.host.evaluate(async (agent: Agent) => {
    await agent.connect({ microphone: false });
    await agent.close();
  });
  expect(await widget.host.evaluate(askAll)).toEqual(refused);
  expect(await fired.of('voice-agent-error'), 'rejections emit no error event').toEqual([]);
});

for (const transport of ['webrtc', 'websocket']) {
  test(`${transport}: images are shown as text, and invalid or oversized ones are refused`, async ({ widget, site }) => {
    await widget.open(site, { attributes: { transport, open: true } });
    await widget.host.evaluate((agent: Agent) => agent.connect({ microphone: false }));
    const call = await site.sandbox.nextCall();
    await widget.host.evaluate((agent: Agent) => agent.addImage('data:image/png;base64,iVBORw0KGgo='));
    await call.waitForServerEvent('response.done', { timeoutMs: 20_000 });
    await expect(widget.transcript.getByText('Image', { exact: true })).toBeVisible();
    await widget.host.evaluate((agent: Agent) =>
      agent.sendEvent({
        type: 'conversation.item.create',
        item: {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'Compare these' },
            { type: 'input_image', image_url: 'data:image/png;base64,iVBORw0KGgo=' },
            { type: 'input_image', image_url: 'data:image/png;base64,iVBORw0KGgo=' },
          ],
        },
      }),
    );
    await expect(widget.transcript.getByText('Compare these')).toBeVisible();
    await expect(widget.transcript.getByText('2 images')).toBeVisible();

    const sizes = await widget.host.evaluate((agent: Agent) => {
      const said = (address: string) =>
        agent.addImage(address, { triggerResponse: false }).then(
          () => 'sent',
          ({ code, message }: { code: string; message: string }) => `${code} ${message}`,
        );
      return Promise.all(['https://example.com/cat.png', `data:image/png;base64,${'A'.repeat(300_000)}`].map(said));
    });
    expect(sizes[0]).toMatch(/^invalid_request .*data:image/);
    if (transport === 'webrtc') expect(sizes[1]).toMatch(/^invalid_request The event has 300\d\d\d bytes; the server accepts 262144\.$/);
    else expect(sizes[1]).toBe('sent');
    await expect(widget.host).toHaveJSProperty('state', 'connected');
  });

  test(`${transport}: a history can be added, changed and cleared`, async ({ widget, site }) => {
    await widget.open(site, { attributes: { transport, open: true } });
    await widget.host.evaluate((agent: Agent) => agent.connect({ microphone: false }));
    const call = await site.sandbox.nextCall();
    await widget.say('Good morning');
    await expect(widget.transcript.getByText('You wrote: Good morning')).toBeVisible();
    await widget.reaches('listening');
    const shown = async () => (await widget.messages()).map(({ text }) => text);
    // Adds turns of an earlier conversation before it, and changes the answer.
    await widget.host.evaluate((agent: Agent) => {
      const [question, answer] = agent.messages;
      return agent.resetHistory([
        { itemId: 'item_before', type: 'message', role: 'user', content: [{ type: 'input_audio', transcript: 'Hello?' }] },
        {
          itemId: 'item_reply',
          type: 'message',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_audio', transcript: 'Who is there?' }],
        },
        { itemId: question?.id ?? '', type: 'message', role: 'user' },
        { itemId: answer?.id ?? '', type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Good morning to you.' }] },
      ]);
    });
    await expect.poll(shown).toEqual(['Hello?', 'Who is there?', 'Good morning', 'Good morning to you.']);
    expect(call.items.map(({ content }) => content?.map(({ text }) => text))).toEqual([
      ['Hello?'],
      ['Who is there?'],
      ['Good morning'],
      ['Good morning to you.'],
    ]);
    await widget.host.evaluate((agent: Agent) => agent.resetHistory([]));
    await expect.poll(shown).toEqual([]);
    expect(call.items).toEqual([]);
    await widget.say('Anybody there?');
    await expect(widget.transcript.getByText('You wrote: Anybody there?')).toBeVisible();
  });
}
