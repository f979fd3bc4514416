/** The transport's surface: the state of the call, its start, its microphone and its end. */
import { expect, test } from './fixtures.js';
import { TRANSPORTS, connect, sent, speaking } from './surface-fixtures.js';
import type { Agent } from './surface-fixtures.js';

test.use(speaking);

const SILENCE = -70;
const VOICE = -50;

for (const transport of TRANSPORTS) {
  test.describe(transport, () => {
    test('status is connected, then disconnected', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      expect(call.kind).toBe(transport);
      expect(await page.evaluate(() => window.transport.status)).toBe('connected');
      await widget.host.evaluate((agent: Agent) => agent.close());
      expect(await page.evaluate(() => window.transport.status)).toBe('disconnected');
      expect(await call.ended).toBe('client-closed');
    });

    test('muted follows the Mute button', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      await expect.poll(() => call.inputLevel({ since: Date.now() - 1_000 }), { timeout: 30_000 }).toBeGreaterThan(VOICE);
      expect(await page.evaluate(() => window.transport.muted)).toBe(false);
      await widget.button('Mute').click();
      expect(await page.evaluate(() => window.transport.muted)).toBe(true);
      await expect.poll(() => call.inputLevel({ since: Date.now() - 500 }), { timeout: 30_000 }).toBeLessThanOrEqual(SILENCE);
      await widget.button('Mute').click();
      expect(await page.evaluate(() => window.transport.muted)).toBe(false);
    });

    test('muted is true if the call starts muted', async ({ page, widget, site }) => {
      await widget.open(site, { attributes: { transport, 'turn-detection': 'none', muted: true } });
      expect(
        await widget.host.evaluate(async (agent: Agent) => {
          await agent.connect();
          return agent.session?.transport?.muted;
        }),
      ).toBe(true);
      expect(await page.evaluate(() => document.querySelector('voice-agent')?.muted)).toBe(true);
    });

    test('mute() mutes the microphone and updates the element', async ({ page, widget, site }) => {
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
      await expect(widget.host).toHaveJSProperty('muted', true);
      await expect.poll(() => call.inputLevel({ since: Date.now() - 500 }), { timeout: 30_000 }).toBeLessThanOrEqual(SILENCE);
      await page.evaluate(() => window.transport.mute(false));
      await expect(mute).toHaveAttribute('aria-pressed', 'false');
      await expect(widget.host).toHaveJSProperty('muted', false);
      await expect.poll(() => call.inputLevel({ since: Date.now() - 500 }), { timeout: 30_000 }).toBeGreaterThan(VOICE);
    });

    test('currentModel is read from the session and sent with its next update', async ({ page, widget, site, complaints }) => {
      const call = await connect(widget, site, transport);
      expect(await page.evaluate(() => window.transport.currentModel)).toBe(call.sessionConfig.model);
      await page.evaluate(() => {
        window.transport.currentModel = 'gpt-realtime-2.1-mini';
        window.transport.updateSessionConfig({ instructions: 'Be brief.' });
      });
      const { event } = await call.waitForClientEvent(
        ({ type, event: { session } }) => type === 'session.update' && JSON.stringify(session).includes('brief'),
      );
      expect(event['session']).toEqual({ type: 'realtime', model: 'gpt-realtime-2.1-mini', instructions: 'Be brief.' });
      // The server decides: an active session keeps its model, and accepts the next settings.
      await call.waitForServerEvent('error');
      await page.evaluate(() => window.transport.updateSessionConfig({ instructions: 'Be long.' }));
      await expect.poll(() => call.sessionConfig.instructions).toBe('Be long.');
      await expect.poll(() => page.evaluate(() => window.transport.currentModel)).toBe(call.sessionConfig.model);
      expect(complaints).toEqual([]);
    });

    test('_tracingConfig keeps the SDK from sending tracing again', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      // Its value decides what the SDK's own method sends: tracing that is already set is not sent again.
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

    test('connect() resolves during the call and rejects after its end', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      expect(await page.evaluate(() => window.transport.connect().then(() => window.transport.status))).toBe('connected');
      expect(site.sandbox.calls).toHaveLength(1);
      expect(sent(call)).toEqual([]);
      await widget.host.evaluate((agent: Agent) => agent.close());
      const refused = page.evaluate(() => window.transport.connect().catch((error: { code: string }) => error.code));
      expect(await refused).toBe('invalid_request');
    });

    test('close() ends the call', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      await page.evaluate(() => window.transport.close());
      expect(await call.ended).toBe('client-closed');
      await widget.reaches('disconnected');
      await expect(widget.button('Call again')).toBeVisible();
      await page.evaluate(() => window.transport.close());
    });

    test('after the end, sending methods throw invalid_request', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      await widget.host.evaluate((agent: Agent) => agent.close());
      await call.ended;
      const codes = await page.evaluate(() => {
        const { transport: ended } = window;
        const attempts: Record<string, () => unknown> = {
          interrupt: () => ended.interrupt(),
          addImage: () => ended.addImage('data:image/png;base64,iVBORw0KGgo='),
          resetHistory: () =>
            ended.resetHistory([], [{ itemId: 'a', type: 'message', role: 'user', content: [{ type: 'input_text', text: 'A' }] }]),
          sendAudio: () => ended.sendAudio(new ArrayBuffer(4)),
          commit: () => ended.sendAudio(new ArrayBuffer(0), { commit: true }),
          sendEvent: () => ended.sendEvent({ type: 'response.create' }),
          sendFunctionCallOutput: () =>
            ended.sendFunctionCallOutput({ type: 'function_call', callId: 'c', name: 'n', arguments: '{}', responseId: 'r' }, 'o'),
          sendMcpResponse: () =>
            ended.sendMcpResponse({ itemId: 'm', type: 'mcp_approval_request', serverLabel: 's', name: 'n', arguments: {} }, true),
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
