/** The transport's surface: every sending method, and its effect at the server. */
import { expect, test } from './fixtures.js';
import { TRANSPORTS, connect, sent, speaking } from './surface-fixtures.js';
import type { Agent, CallTransport } from './surface-fixtures.js';

test.use(speaking);

for (const transport of TRANSPORTS) {
  test.describe(transport, () => {
    test('interrupt() silences the answer', async ({ page, widget, site, tape }) => {
      await widget.open(site, { attributes: { transport, 'turn-detection': 'none', open: true, muted: true } });
      await tape.listen();
      await widget.host.evaluate(async (agent: Agent) => {
        await agent.connect();
        Object.assign(window, { transport: agent.session?.transport });
      });
      const call = await site.sandbox.nextCall();
      call.replyNext('This is a long answer about the weather of the whole week, from Monday over Wednesday until Sunday evening.');
      await widget.host.evaluate((agent: Agent) => void agent.send('Tell me about the weather'));
      await widget.reaches('speaking');
      // Long enough to contain some words: an answer of which nothing was heard is not shown.
      await tape.sound((await tape.sound()) + 1_500);
      const at = await page.evaluate(() => {
        window.transport.interrupt();
        return Date.now();
      });
      await widget.reaches('listening');
      expect(await widget.host.evaluate((agent: Agent) => agent.session?.status)).toMatchObject({ interrupted: true });
      // The recorder's own delay accounts for the rest.
      expect((await tape.silence(at)) - at, 'milliseconds until silence').toBeLessThan(250);
      const types = sent(call).map(({ type }) => type);
      expect(types).toContain(transport === 'webrtc' ? 'output_audio_buffer.clear' : 'conversation.item.truncate');
      await expect.poll(async () => (await widget.messages()).at(-1)?.status).toBe('interrupted');
    });

    test('addImage() sends an image and requests an answer', async ({ page, widget, site, complaints }) => {
      const call = await connect(widget, site, transport);
      await page.evaluate(() => window.transport.addImage('data:image/png;base64,iVBORw0KGgo=', { triggerResponse: false }));
      await call.waitForClientEvent('conversation.item.create');
      const content = [{ type: 'input_image', image_url: 'data:image/png;base64,iVBORw0KGgo=' }];
      expect(sent(call)).toEqual([{ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } }]);
      await expect(widget.transcript.getByText('Image', { exact: true })).toBeVisible();
      await page.evaluate(() => window.transport.addImage('data:image/png;base64,iVBORw0KGgo='));
      await call.waitForServerEvent('response.done', { timeoutMs: 20_000 });
      expect((await widget.messages()).filter(({ role }) => role === 'user')).toMatchObject([{ images: 1, text: '' }, { images: 1 }]);
      expect(complaints).toEqual([]);
    });

    test('resetHistory() adds, changes and deletes items', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      const message = (itemId: string, role: string, text: string) => ({
        itemId,
        type: 'message',
        role,
        ...(role === 'user' ? {} : { status: 'completed' }),
        content: [{ type: role === 'user' ? 'input_text' : 'output_text', text }],
      });
      const [a, b, c] = [
        message('item_a', 'user', 'Apples?'),
        message('item_b', 'assistant', 'Bananas!'),
        message('item_c', 'user', 'Cherries?'),
      ];
      const reset = (before: unknown[], after: unknown[]) =>
        page.evaluate(([from, to]) => window.transport.resetHistory(from as never, to as never), [before, after] as const);
      const said = async () => (await widget.messages()).map(({ text }) => text);
      await reset([], [a, b, c]);
      await expect.poll(said).toEqual(['Apples?', 'Bananas!', 'Cherries?']);
      expect(call.items.map(({ id }) => id)).toEqual(['item_a', 'item_b', 'item_c']);
      // One item is deleted, one changes, and one is added at the beginning.
      const [first, changed] = [message('item_0', 'user', 'Zero?'), message('item_b', 'assistant', 'Blueberries!')];
      await reset([a, b, c], [first, a, changed]);
      await expect.poll(said).toEqual(['Zero?', 'Apples?', 'Blueberries!']);
      expect(call.items.map(({ id }) => id)).toEqual(['item_0', 'item_a', 'item_b']);
      await reset([first, a, changed], []);
      await expect.poll(said).toEqual([]);
      expect(call.items).toEqual([]);
    });

    test('sendAudio() sends every sample and commits', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      await page.evaluate(() => window.transport.mute(true));
      await page.evaluate(() => {
        const tone = Int16Array.from({ length: 48_000 }, (_, index) => Math.round(8_000 * Math.sin(index / 9)));
        window.transport.sendAudio(tone.buffer, { commit: true });
      });
      await call.waitForServerEvent('conversation.item.added', { timeoutMs: 20_000 });
      const expected = Int16Array.from({ length: 48_000 }, (_, index) => Math.round(8_000 * Math.sin(index / 9)));
      const bytes = Buffer.concat(sent(call, 'input_audio_buffer.append').map(({ audio }) => Buffer.from(String(audio), 'base64')));
      expect(bytes.includes(Buffer.from(expected.buffer)), 'every sample, in order').toBe(true);
      expect(sent(call, 'input_audio_buffer.commit')).toHaveLength(1);
      expect(call.items).toMatchObject([{ role: 'user', content: [{ type: 'input_audio' }] }]);
    });

    test('sendEvent() sends an event unchanged', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      await page.evaluate(() =>
        window.transport.sendEvent({ type: 'response.create', response: { instructions: 'Say "Good day to you."' } }),
      );
      await call.waitForClientEvent('response.create');
      expect(sent(call)).toMatchObject([{ type: 'response.create', response: { instructions: 'Say "Good day to you."' } }]);
      await expect(widget.transcript.getByText('Good day to you.')).toBeVisible({ timeout: 20_000 });
    });

    test('sendFunctionCallOutput() sends the output and requests an answer', async ({ page, widget, site }) => {
      const tools = [{ type: 'function', name: 'get_time', parameters: { type: 'object', properties: {} } }];
      const call = await connect(widget, site, transport, {
        script: `document.querySelector('voice-agent').sessionConfig = ${JSON.stringify({ tools })};`,
      });
      await page.evaluate(() => {
        window.transport.on('function_call', (toolCall: Parameters<CallTransport['sendFunctionCallOutput']>[0]) => {
          window.transport.sendFunctionCallOutput(toolCall, 'half past nine', true);
        });
        window.transport.sendMessage('Please call get_time', {});
      });
      await expect(widget.transcript.getByText(/answered: half past nine/)).toBeVisible({ timeout: 30_000 });
      const output = sent(call, 'conversation.item.create').at(-1);
      expect(output).toMatchObject({ item: { type: 'function_call_output', output: 'half past nine' } });
      expect(sent(call, 'response.create'), 'one for the message, one for the output').toHaveLength(2);
    });

    test('sendMcpResponse() sends the decision', async ({ page, widget, site }) => {
      site.sandbox.script({
        mcp: { docs: { tools: [{ name: 'search' }] } },
        replies: [{ items: [{ mcpApproval: 'search', server: 'docs', arguments: { q: 'x' }, output: 'found' }] }],
      });
      const call = await connect(widget, site, transport);
      const tools = [{ type: 'mcp', server_label: 'docs', server_url: 'https://example.com/mcp', require_approval: 'always' }];
      await page.evaluate((mcp) => {
        window.transport.on('mcp_approval_request', (request: Parameters<CallTransport['sendMcpResponse']>[0]) => {
          window.transport.sendMcpResponse(request, true);
        });
        window.transport.sendEvent({ type: 'session.update', session: { type: 'realtime', tools: mcp } });
        window.transport.sendMessage('search', {});
      }, tools);
      await call.waitForServerEvent('response.mcp_call.completed', { timeoutMs: 20_000 });
      const answer = sent(call, 'conversation.item.create').at(-1)?.['item'];
      expect(answer).toMatchObject({ type: 'mcp_approval_response', approve: true });
      expect(call.items.find(({ type }) => type === 'mcp_approval_request')?.id).toBe(
        (answer as { approval_request_id: string }).approval_request_id,
      );
    });

    test('sendMessage() sends messages and requests their answers in order', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      call.replyNext('The first answer, which takes its time until the very last of its words.');
      await page.evaluate(() => {
        window.transport.sendMessage('First', {});
        window.transport.sendMessage(
          { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Second' }] },
          { event_id: 'page_2' },
        );
        window.transport.sendMessage('Third', {}, { triggerResponse: false });
      });
      await call.waitForServerEvent('response.done', { timeoutMs: 20_000 });
      const { index } = await call.waitForServerEvent('response.done', { timeoutMs: 20_000 });
      await call.waitForServerEvent('response.done', { timeoutMs: 20_000, after: index + 1 });
      // In order, and the second response is requested when the first is done: a server refuses two at once.
      expect(
        sent(call)
          .map(({ type }) => type)
          .join(' '),
      ).toBe('conversation.item.create response.create conversation.item.create conversation.item.create response.create');
      const answers = call.events.filter(({ type }) => /^response.(create|created|done)$/.test(type)).map(({ type }) => type);
      expect(answers).toEqual(['create', 'created', 'done', 'create', 'created', 'done'].map((type) => `response.${type}`));
      expect(sent(call, 'conversation.item.create').map(({ event_id: id, item }) => [id, (item as { content: unknown }).content])).toEqual([
        [undefined, [{ type: 'input_text', text: 'First' }]],
        ['page_2', [{ type: 'input_text', text: 'Second' }]],
        [undefined, [{ type: 'input_text', text: 'Third' }]],
      ]);
    });

    test('updateSessionConfig() sends only the given settings', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      const before = call.sessionConfig;
      await page.evaluate(() => window.transport.updateSessionConfig({ instructions: 'Be brief.', audio: { output: { speed: 1.2 } } }));
      await expect.poll(() => call.sessionConfig.instructions).toBe('Be brief.');
      // Other settings are not sent: those that the server bound to the key stay.
      expect(sent(call)).toEqual([
        { type: 'session.update', session: { type: 'realtime', instructions: 'Be brief.', audio: { output: { speed: 1.2 } } } },
      ]);
      expect(call.sessionConfig.audio.input).toEqual(before.audio.input);
    });
  });
}
