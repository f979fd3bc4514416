/**
 * Every member of the Agents SDK's `OpenAIRealtimeBase` on `element.session.transport`, over each transport, as the server
 * sees it: one test per member.
 */
import type { Page } from '@playwright/test';
import type { RecordedEvent, SandboxCall } from '../../src/sandbox/index.js';
import { chromiumLaunch } from '../support/chromium.js';
import { record } from '../support/spoken.js';
import { expect, test, type Widget } from './fixtures.js';

// Somebody who never stops to speak, so that silence at the server can only be the muted microphone.
const speech = await record('surface', ['One two three four five six seven eight nine ten eleven twelve.']);
test.use({ launchOptions: chromiumLaunch({ wav: speech.path, loop: true }) });

const TRANSPORTS = ['webrtc', 'websocket'] as const;

type Agent = HTMLElementTagNameMap['voice-agent'];
type CallTransport = NonNullable<NonNullable<Agent['session']>['transport']>;
type Site = Parameters<Widget['open']>[0];

declare global {
  interface Window {
    transport: CallTransport;
    seen: unknown[];
  }
}

const SILENCE = -70;
const VOICE = -50;
const THREE = ['first', 'second', 'third'];

/** Opens a call whose server listens and answers only when it is asked to. */
async function connect(widget: Widget, site: Site, transport: string, options: { readonly script?: string } = {}): Promise<SandboxCall> {
  await widget.open(site, { attributes: { transport, 'turn-detection': 'none', open: true }, ...options });
  await widget.host.evaluate(async (agent: Agent) => {
    await agent.connect();
    Object.assign(window, { transport: agent.session?.transport, seen: [] });
  });
  return site.sandbox.nextCall();
}

/** What the client sent, without the settings that begin a call and without the microphone of a WebSocket. */
const sent = (call: SandboxCall, type?: string): RecordedEvent['event'][] =>
  call.events
    .filter(({ direction, type: name }) => direction === 'in' && (type === undefined ? name !== 'input_audio_buffer.append' : name === type))
    .slice(type === undefined ? 1 : 0)
    .map(({ event }) => event);

const seen = (page: Page): Promise<unknown[]> => page.evaluate(() => window.seen);

for (const transport of TRANSPORTS) {
  test.describe(transport, () => {
    test('status', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      expect(call.kind).toBe(transport);
      expect(await page.evaluate(() => window.transport.status)).toBe('connected');
      await widget.host.evaluate((agent: Agent) => agent.close());
      expect(await page.evaluate(() => window.transport.status)).toBe('disconnected');
      expect(await call.ended).toBe('client-closed');
    });

    test('muted', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      await expect.poll(() => call.inputLevel({ since: Date.now() - 1_000 }), { timeout: 30_000 }).toBeGreaterThan(VOICE);
      expect(await page.evaluate(() => window.transport.muted)).toBe(false);
      await widget.button('Mute').click();
      expect(await page.evaluate(() => window.transport.muted)).toBe(true);
      await expect.poll(() => call.inputLevel({ since: Date.now() - 500 }), { timeout: 30_000 }).toBeLessThanOrEqual(SILENCE);
      await widget.button('Mute').click();
      expect(await page.evaluate(() => window.transport.muted)).toBe(false);
    });

    test('muted before the call', async ({ page, widget, site }) => {
      await widget.open(site, { attributes: { transport, 'turn-detection': 'none', muted: true } });
      expect(
        await widget.host.evaluate(async (agent: Agent) => {
          await agent.connect();
          return agent.session?.transport?.muted;
        }),
      ).toBe(true);
      expect(await page.evaluate(() => document.querySelector('voice-agent')?.muted)).toBe(true);
    });

    test('mute', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      const mute = widget.button('Mute');
      await expect(mute).toHaveAttribute('aria-pressed', 'false');
      expect(
        await page.evaluate(() => {
          window.transport.mute(true);
          return [window.transport.muted, document.querySelector('voice-agent')?.muted];
        }),
      ).toEqual([true, true]);
      await expect(mute).toHaveAttribute('aria-pressed', 'true');
      await expect(widget.host).toHaveAttribute('muted');
      await expect.poll(() => call.inputLevel({ since: Date.now() - 500 }), { timeout: 30_000 }).toBeLessThanOrEqual(SILENCE);
      await page.evaluate(() => window.transport.mute(false));
      await expect(mute).toHaveAttribute('aria-pressed', 'false');
      await expect(widget.host).not.toHaveAttribute('muted');
      await expect.poll(() => call.inputLevel({ since: Date.now() - 500 }), { timeout: 30_000 }).toBeGreaterThan(VOICE);
    });

    test('currentModel', async ({ page, widget, site, complaints }) => {
      const call = await connect(widget, site, transport);
      expect(await page.evaluate(() => window.transport.currentModel)).toBe(call.sessionConfig.model);
      await page.evaluate(() => {
        window.transport.currentModel = 'gpt-realtime-mini';
        window.transport.updateSessionConfig({ instructions: 'Be brief.' });
      });
      const { event } = await call.waitForClientEvent(({ type, event: { session } }) => type === 'session.update' && JSON.stringify(session).includes('brief'));
      expect(event['session']).toEqual({ type: 'realtime', model: 'gpt-realtime-mini', instructions: 'Be brief.' });
      // The server's word counts: a running session keeps its model, and takes the next settings.
      await call.waitForServerEvent('error');
      await page.evaluate(() => window.transport.updateSessionConfig({ instructions: 'Be long.' }));
      await expect.poll(() => call.sessionConfig.instructions).toBe('Be long.');
      await expect.poll(() => page.evaluate(() => window.transport.currentModel)).toBe(call.sessionConfig.model);
      expect(complaints).toEqual([]);
    });

    test('_tracingConfig', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      // What it notes decides what the SDK's own method still sends: tracing that is set is not set again.
      await page.evaluate(() => {
        const traced = window.transport as unknown as { _tracingConfig: unknown; _updateTracingConfig(config: unknown): void };
        traced._tracingConfig = { workflow_name: 'known' };
        traced._updateTracingConfig({ workflow_name: 'refused' });
        traced._tracingConfig = null;
        traced._updateTracingConfig({ workflow_name: 'taken' });
      });
      await call.waitForClientEvent(({ event }) => JSON.stringify(event).includes('taken'));
      expect(sent(call)).toEqual([{ type: 'session.update', session: { type: 'realtime', tracing: { workflow_name: 'taken' } } }]);
    });

    test('connect', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      expect(await page.evaluate(() => window.transport.connect().then(() => window.transport.status))).toBe('connected');
      expect(site.sandbox.calls).toHaveLength(1);
      expect(sent(call)).toEqual([]);
      await widget.host.evaluate((agent: Agent) => agent.close());
      const refused = page.evaluate(() => window.transport.connect().catch((error: { code: string }) => error.code));
      expect(await refused).toBe('invalid_request');
    });

    test('close', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      await page.evaluate(() => window.transport.close());
      expect(await call.ended).toBe('client-closed');
      await widget.reaches('disconnected');
      await expect(widget.button('Call again')).toBeVisible();
      await page.evaluate(() => window.transport.close());
    });

    test('emit', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      await page.evaluate(() => {
        window.transport.on('page-event', (...args: unknown[]) => window.seen.push(args));
        window.transport.emit('page-event', ...([1, { two: 2 }] as never[]));
      });
      expect(await seen(page)).toEqual([[1, { two: 2 }]]);
      expect(sent(call)).toEqual([]);
    });

    test('on', async ({ page, widget, site, spoiled }) => {
      const call = await connect(widget, site, transport);
      spoiled.push(({ type }) => type === 'something.unknown');
      await page.evaluate(() => {
        window.transport.on('*', (event: unknown) => window.seen.push(event));
        for (const name of ['turn_started', 'audio_transcript_delta', 'turn_done']) window.transport.on(name, () => window.seen.push(name));
      });
      const after = call.events.length;
      call.sendEvent({ type: 'something.unknown', event_id: 'event_page_1', field: ['as', 'sent'] });
      await page.evaluate(() => window.transport.sendMessage('Hello', {}));
      await widget.reaches('listening');
      await call.waitForServerEvent('response.done');
      await expect.poll(async () => (await seen(page)).includes('turn_done')).toBe(true);
      const told = await seen(page);
      expect(new Set(told.filter((entry) => typeof entry === 'string'))).toEqual(new Set(['turn_started', 'audio_transcript_delta', 'turn_done']));
      // Each raw event, once, as it was sent, in order.
      const raw = told.filter((entry) => typeof entry === 'object');
      const out = call.events.filter(({ index, direction }) => index >= after && direction === 'out').map(({ event }) => event);
      expect(raw).toEqual(out.slice(0, raw.length));
      expect(raw).toContainEqual({ type: 'something.unknown', event_id: 'event_page_1', field: ['as', 'sent'] });
    });

    test('once', async ({ page, widget, site, spoiled }) => {
      const call = await connect(widget, site, transport);
      spoiled.push(({ type }) => THREE.includes(type));
      await page.evaluate(() => {
        window.transport.once('*', (event: { type: string }) => window.seen.push(`once ${event.type}`));
        window.transport.on('*', (event: { type: string }) => window.seen.push(event.type));
      });
      for (const type of THREE) call.sendEvent({ type });
      await expect.poll(() => seen(page)).toEqual(['once first', ...THREE]);
    });

    test('off', async ({ page, widget, site, spoiled }) => {
      const call = await connect(widget, site, transport);
      spoiled.push(({ type }) => THREE.includes(type));
      await page.evaluate(() => {
        const listener = (event: { type: string }): void => {
          window.seen.push(`until second: ${event.type}`);
          if (event.type === 'second') window.transport.off('*', listener);
        };
        window.transport.on('*', listener);
        window.transport.on('*', (event: { type: string }) => window.seen.push(event.type));
      });
      for (const type of THREE) call.sendEvent({ type });
      await expect.poll(() => seen(page)).toEqual(['until second: first', 'first', 'until second: second', 'second', 'third']);
    });

    test('interrupt', async ({ page, widget, site, tape }) => {
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
      // Some words long: an answer of which no word was heard is not shown.
      await tape.sound((await tape.sound()) + 1_500);
      const at = await page.evaluate(() => {
        window.transport.interrupt();
        return Date.now();
      });
      await widget.reaches('listening');
      expect(await widget.host.evaluate((agent: Agent) => agent.session?.status)).toMatchObject({ interrupted: true });
      // The recorder's own delay is the rest.
      expect((await tape.silence(at)) - at, 'milliseconds until silence').toBeLessThan(250);
      const types = sent(call).map(({ type }) => type);
      expect(types).toContain(transport === 'webrtc' ? 'output_audio_buffer.clear' : 'conversation.item.truncate');
      await expect.poll(async () => (await widget.messages()).at(-1)?.status).toBe('interrupted');
    });

    test('addImage', async ({ page, widget, site, complaints }) => {
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

    test('resetHistory', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      const message = (itemId: string, role: string, text: string) => ({
        itemId,
        type: 'message',
        role,
        ...(role === 'user' ? {} : { status: 'completed' }),
        content: [{ type: role === 'user' ? 'input_text' : 'output_text', text }],
      });
      const [a, b, c] = [message('item_a', 'user', 'Apples?'), message('item_b', 'assistant', 'Bananas!'), message('item_c', 'user', 'Cherries?')];
      const reset = (before: unknown[], after: unknown[]) =>
        page.evaluate(([from, to]) => window.transport.resetHistory(from as never, to as never), [before, after] as const);
      const said = async () => (await widget.messages()).map(({ text }) => text);
      await reset([], [a, b, c]);
      await expect.poll(said).toEqual(['Apples?', 'Bananas!', 'Cherries?']);
      expect(call.items.map(({ id }) => id)).toEqual(['item_a', 'item_b', 'item_c']);
      // One goes, one changes, one comes to the very beginning.
      const [first, changed] = [message('item_0', 'user', 'Zero?'), message('item_b', 'assistant', 'Blueberries!')];
      await reset([a, b, c], [first, a, changed]);
      await expect.poll(said).toEqual(['Zero?', 'Apples?', 'Blueberries!']);
      expect(call.items.map(({ id }) => id)).toEqual(['item_0', 'item_a', 'item_b']);
      await reset([first, a, changed], []);
      await expect.poll(said).toEqual([]);
      expect(call.items).toEqual([]);
    });

    test('sendAudio', async ({ page, widget, site }) => {
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

    test('sendEvent', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      await page.evaluate(() => window.transport.sendEvent({ type: 'response.create', response: { instructions: 'Say "Good day to you."' } }));
      await call.waitForClientEvent('response.create');
      expect(sent(call)).toMatchObject([{ type: 'response.create', response: { instructions: 'Say "Good day to you."' } }]);
      await expect(widget.transcript.getByText('Good day to you.')).toBeVisible({ timeout: 20_000 });
    });

    test('sendFunctionCallOutput', async ({ page, widget, site }) => {
      const tools = [{ type: 'function', name: 'get_time', parameters: { type: 'object', properties: {} } }];
      const call = await connect(widget, site, transport, { script: `document.querySelector('voice-agent').sessionConfig = ${JSON.stringify({ tools })};` });
      await page.evaluate(() => {
        window.transport.on('function_call', ((toolCall: Parameters<CallTransport['sendFunctionCallOutput']>[0]) => {
          window.transport.sendFunctionCallOutput(toolCall, 'half past nine', true);
        }));
        window.transport.sendMessage('Please call get_time', {});
      });
      await expect(widget.transcript.getByText(/answered: half past nine/)).toBeVisible({ timeout: 30_000 });
      const output = sent(call, 'conversation.item.create').at(-1);
      expect(output).toMatchObject({ item: { type: 'function_call_output', output: 'half past nine' } });
      expect(sent(call, 'response.create'), 'one for the message, one for the output').toHaveLength(2);
    });

    test('sendMcpResponse', async ({ page, widget, site }) => {
      site.sandbox.script({
        mcp: { docs: { tools: [{ name: 'search' }] } },
        replies: [{ items: [{ mcpApproval: 'search', server: 'docs', arguments: { q: 'x' }, output: 'found' }] }],
      });
      const call = await connect(widget, site, transport);
      const tools = [{ type: 'mcp', server_label: 'docs', server_url: 'https://example.com/mcp', require_approval: 'always' }];
      await page.evaluate((mcp) => {
        window.transport.on('mcp_approval_request', ((request: Parameters<CallTransport['sendMcpResponse']>[0]) => {
          window.transport.sendMcpResponse(request, true);
        }));
        window.transport.sendEvent({ type: 'session.update', session: { type: 'realtime', tools: mcp } });
        window.transport.sendMessage('search', {});
      }, tools);
      await call.waitForServerEvent('response.mcp_call.completed', { timeoutMs: 20_000 });
      const answer = sent(call, 'conversation.item.create').at(-1)?.['item'];
      expect(answer).toMatchObject({ type: 'mcp_approval_response', approve: true });
      expect(call.items.find(({ type }) => type === 'mcp_approval_request')?.id).toBe((answer as { approval_request_id: string }).approval_request_id);
    });

    test('sendMessage', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      call.replyNext('The first answer, which takes its time until the very last of its words.');
      await page.evaluate(() => {
        window.transport.sendMessage('First', {});
        window.transport.sendMessage({ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Second' }] }, { event_id: 'page_2' });
        window.transport.sendMessage('Third', {}, { triggerResponse: false });
      });
      await call.waitForServerEvent('response.done', { timeoutMs: 20_000 });
      const { index } = await call.waitForServerEvent('response.done', { timeoutMs: 20_000 });
      await call.waitForServerEvent('response.done', { timeoutMs: 20_000, after: index + 1 });
      // In order, and the second answer is asked for when the first is done: a server refuses two at once.
      expect(sent(call).map(({ type }) => type).join(' ')).toBe(
        'conversation.item.create response.create conversation.item.create conversation.item.create response.create',
      );
      const answers = call.events.filter(({ type }) => /^response.(create|created|done)$/.test(type)).map(({ type }) => type);
      expect(answers).toEqual(['create', 'created', 'done', 'create', 'created', 'done'].map((type) => `response.${type}`));
      expect(sent(call, 'conversation.item.create').map(({ event_id: id, item }) => [id, (item as { content: unknown }).content])).toEqual([
        [undefined, [{ type: 'input_text', text: 'First' }]],
        ['page_2', [{ type: 'input_text', text: 'Second' }]],
        [undefined, [{ type: 'input_text', text: 'Third' }]],
      ]);
    });

    test('updateSessionConfig', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      const before = call.sessionConfig;
      await page.evaluate(() => window.transport.updateSessionConfig({ instructions: 'Be brief.', audio: { output: { speed: 1.2 } } }));
      await expect.poll(() => call.sessionConfig.instructions).toBe('Be brief.');
      // What was not named is not sent: what the server bound to the key stands.
      expect(sent(call)).toEqual([
        { type: 'session.update', session: { type: 'realtime', instructions: 'Be brief.', audio: { output: { speed: 1.2 } } } },
      ]);
      expect(call.sessionConfig.audio.input).toEqual(before.audio.input);
    });

    test('after the end, what sends throws invalid_request', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      await widget.host.evaluate((agent: Agent) => agent.close());
      await call.ended;
      const codes = await page.evaluate(() => {
        const { transport: ended } = window;
        const attempts: Record<string, () => unknown> = {
          interrupt: () => ended.interrupt(),
          addImage: () => ended.addImage('data:image/png;base64,iVBORw0KGgo='),
          resetHistory: () => ended.resetHistory([], [{ itemId: 'a', type: 'message', role: 'user', content: [{ type: 'input_text', text: 'A' }] }]),
          sendAudio: () => ended.sendAudio(new ArrayBuffer(4)),
          commit: () => ended.sendAudio(new ArrayBuffer(0), { commit: true }),
          sendEvent: () => ended.sendEvent({ type: 'response.create' }),
          sendFunctionCallOutput: () => ended.sendFunctionCallOutput({ type: 'function_call', callId: 'c', name: 'n', arguments: '{}', responseId: 'r' }, 'o'),
          sendMcpResponse: () => ended.sendMcpResponse({ itemId: 'm', type: 'mcp_approval_request', serverLabel: 's', name: 'n', arguments: {} }, true),
          sendMessage: () => ended.sendMessage('Hello', {}),
          updateSessionConfig: () => ended.updateSessionConfig({ instructions: 'x' }),
        };
        return Object.entries(attempts).map(([name, attempt]) => {
          try {
            attempt();
            return [name, 'nothing'];
          } catch (error) {
            return [name, (error as { code?: string }).code];
          }
        });
      });
      expect(codes.filter(([, code]) => code !== 'invalid_request')).toEqual([]);
      expect(codes).toHaveLength(10);
    });
  });
}
