/** Which settings of a page reach the server, which do not, and what a page can change before and during a call. */
import { createSandbox } from '../../src/sandbox/index.js';
import type { SandboxCall } from '../../src/sandbox/index.js';
import { chromiumLaunch } from '../support/chromium.js';
import { policy } from '../support/site.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

type Agent = HTMLElementTagNameMap['voice-agent'];

const fromClient = (call: SandboxCall) => call.events.filter(({ direction }) => direction === 'in');

test('without settings, nothing is sent that could override the server’s', async ({ widget, site }) => {
  await widget.open(site);
  await widget.button('Start talking').click();
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  await widget.say('Hello');
  await widget.reaches('listening');
  await call.waitForServerEvent('output_audio_buffer.stopped', { timeoutMs: 20_000 });
  expect(fromClient(call).map(({ type }) => type)).toEqual(['session.update', 'conversation.item.create', 'response.create']);
  const [update, , answer] = fromClient(call);
  expect(update?.event['session']).toEqual({ type: 'realtime' });
  expect(answer?.event['response']).toBeUndefined();
  expect(call.sessionConfig.audio.input?.transcription, 'as bound to the key').toMatchObject({ model: 'gpt-transcribe' });
});

for (const transport of ['webrtc', 'websocket']) {
  test(`session settings without an attribute reach the server unchanged (${transport})`, async ({ widget, site }) => {
    const config = {
      reasoning: { effort: 'low' },
      parallel_tool_calls: false,
      audio: {
        input: {
          transcription: { model: 'gpt-transcribe', languages: ['en', 'de'], keywords: ['Acme', 'Tannhäuser'] },
          noise_reduction: { type: 'near_field', strength: 0.5 },
        },
      },
      tools: [
        {
          type: 'mcp',
          server_label: 'shop',
          server_url: 'https://mcp.example/shop',
          server_description: 'Finds products.',
          allowed_tools: ['find_product'],
          require_approval: 'always',
          defer_loading: true,
        },
        {
          type: 'mcp',
          server_label: 'warehouse',
          tunnel_id: 'tunnel_1',
          allowed_callers: ['direct'],
          require_approval: { never: { read_only: true } },
        },
      ],
    };
    await widget.open(site, {
      attributes: { transport, model: 'gpt-realtime-2.1' },
      script: `document.querySelector('voice-agent').sessionConfig = ${JSON.stringify(config)};`,
    });
    await widget.button('Start talking').click();
    await widget.reaches('connected');
    const call = await site.sandbox.nextCall();
    expect(fromClient(call)[0]?.event['session']).toEqual({ type: 'realtime', ...config });
    const { audio, tools, ...session } = call.sessionConfig;
    expect(session).toMatchObject({ reasoning: config.reasoning, parallel_tool_calls: false });
    expect(audio.input).toMatchObject(config.audio.input);
    expect(tools).toMatchObject(config.tools);
  });
}

test('settings take effect: voice, instructions, language, turn detection, greeting, model', async ({ widget, site }) => {
  await widget.open(site, {
    attributes: {
      model: 'gpt-realtime-2.1',
      voice: 'cedar',
      instructions: 'You sell tickets for the zoo.',
      language: 'de-CH',
      'turn-detection': 'server_vad',
      greeting: 'Welcome to the zoo.',
    },
    script: `document.querySelector('voice-agent').sessionConfig = { max_output_tokens: 500, audio: { output: { speed: 1.1 } } };`,
  });
  await widget.button('Start talking').click();
  await widget.reaches('speaking');
  await expect(widget.transcript.getByText('Welcome to the zoo.')).toBeVisible();
  const call = await site.sandbox.nextCall();
  const [update] = fromClient(call);
  expect(update?.event['session']).toEqual({
    type: 'realtime',
    instructions: 'You sell tickets for the zoo.',
    max_output_tokens: 500,
    audio: {
      input: { turn_detection: { type: 'server_vad' }, transcription: { model: 'gpt-transcribe', languages: ['de'] } },
      output: { voice: 'cedar', speed: 1.1 },
    },
  });
  const { audio, instructions } = call.sessionConfig;
  expect(instructions).toBe('You sell tickets for the zoo.');
  expect(audio.output).toMatchObject({ voice: 'cedar', speed: 1.1 });
  expect(audio.input).toMatchObject({ turn_detection: { type: 'server_vad' }, transcription: { model: 'gpt-transcribe' } });
  expect(site.sandbox.requests.map(({ path }) => path)).toContainEqual(expect.stringMatching(/\/realtime\/calls/));
  expect(fromClient(call).filter(({ type }) => type === 'response.create')).toHaveLength(1);

  await test.step('settings can change during the call', async () => {
    await widget.host.evaluate((agent: Agent) => {
      void agent.updateSessionConfig({ instructions: 'You close in five minutes.' });
    });
    await call.waitForServerEvent(({ type, event }) => type === 'session.updated' && JSON.stringify(event).includes('five minutes'));
    expect(call.sessionConfig.instructions).toBe('You close in five minutes.');
    expect(call.sessionConfig.audio.output).toMatchObject({ voice: 'cedar' });
    call.replyNext('One more thing.');
    await widget.host.evaluate((agent: Agent) => {
      agent.interrupt();
      void agent.answer();
    });
    await expect(widget.transcript.getByText('One more thing.')).toBeVisible({ timeout: 30_000 });
  });
});

test('before-connect can cancel, delay and change a call', async ({ page, widget, site, resources }) => {
  await widget.open(site, {
    script: `
      const agent = document.querySelector('voice-agent');
      window.release = undefined;
      agent.addEventListener('voice-agent-before-connect', (event) => {
        if (window.refuse) return event.preventDefault();
        event.detail.config = { ...event.detail.config, voice: 'cedar' };
        event.detail.waitUntil(new Promise((resolve) => { window.release = resolve; }));
      });`,
  });
  const refused = await widget.host.evaluate((agent: Agent) => {
    Object.assign(window, { refuse: true });
    return agent.connect().then(
      () => 'connected',
      (error: { code: string }) => error.code,
    );
  });
  expect(refused).toBe('aborted');
  expect(await resources.asked()).toMatchObject({ microphone: 0, permission: 0, connections: 0 });
  expect(site.sandbox.requests).toEqual([]);

  await page.evaluate(() => Object.assign(window, { refuse: false }));
  const connected = widget.host.evaluate((agent: Agent) => agent.connect());
  await expect.poll(() => page.evaluate(() => 'release' in window && typeof window.release)).toBe('function');
  expect(site.sandbox.requests, 'no request before the page agrees').toEqual([]);
  expect(await resources.asked()).toMatchObject({ microphone: 0, connections: 0 });
  await page.evaluate(() => (window as unknown as { release(): void }).release());
  await connected;
  const call = await site.sandbox.nextCall();
  expect(fromClient(call)[0]?.event['session']).toEqual({ type: 'realtime', audio: { output: { voice: 'cedar' } } });
});

test('another voice server works with keys from the page', async ({ widget, site }) => {
  const other = await createSandbox();
  const before = site.requests.length;
  try {
    await widget.open(site, {
      attributes: { 'token-url': '', 'base-url': `${other.url}/` },
      headers: { 'Content-Security-Policy': policy(new URL(other.url).origin) },
      script: `document.querySelector('voice-agent').token = async ({ signal }) => signal.aborted ? '' : '${other.mintKey().value}';`,
    });
    await widget.button('Start talking').click();
    await widget.reaches('connected');
    const call = await other.nextCall();
    expect(call.state).toBe('open');
    expect(site.sandbox.requests).toEqual([]);
    expect(site.requests.slice(before)).not.toContain('/voice/token');
    await widget.button('End call').click();
    expect(await call.ended).toBe('client-closed');
  } finally {
    await other.close();
  }
});

test('properties set before the widget’s script apply to an immediate call', async ({ page, widget, site }) => {
  await page.goto(
    site.page({
      script: `
        const agent = document.querySelector('voice-agent');
        agent.instructions = 'You were told early.';
        agent.muted = true;
        customElements.whenDefined('voice-agent').then(() => agent.connect());`,
    }),
  );
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  expect(fromClient(call)[0]?.event['session']).toEqual({ type: 'realtime', instructions: 'You were told early.' });
  await expect(widget.host).toHaveJSProperty('muted', true);
});
