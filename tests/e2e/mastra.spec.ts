/**
 * `RealtimeVoice` in a browser, inside the real `CompositeVoice` of `@mastra/core`, bundled as an app would do it, under
 * the strict policy. `voice-agent-element/mastra` is the built file.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromiumLaunch } from '../support/chromium.js';
import { bundledPage, readConsole, serveBundle } from '../support/seeds/pages.js';
import { silentRoom } from '../support/spoken.js';
import type { Site } from '../support/site.js';
import { expect, test as base } from './fixtures.js';

const room = await silentRoom();
const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));

/** The page's program, and the handles it gives to the test. */
const program = (site: Site, options: string): string => `
import { createTool } from '@mastra/core/tools';
import { CompositeVoice } from '@mastra/core/voice';
import { z } from 'zod';
const { RealtimeVoice } = await import(/* @vite-ignore */ new URL('/mastra.js', location.href).href);
const realtime = new RealtimeVoice({ tokenUrl: '/voice/token', baseUrl: '${site.sandbox.url}', ${options} });
const voice = new CompositeVoice({ realtime });
const say = (event: string, detail?: unknown) => console.log(JSON.stringify({ event, detail }));
voice.on('speaker', async (stream: ReadableStream<Uint8Array> & { id: string }) => {
  say('speaker', stream.id);
  const samples = new Int16Array(await new Response(stream).arrayBuffer());
  say('spoken', { id: stream.id, seconds: samples.length / 24_000, level: Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length) / 32_768 });
});
for (const event of ['writing', 'tool-call-start', 'tool-call-result', 'speaking.done', 'open', 'close', 'error']) voice.on(event, (detail: unknown) => say(event, detail));
voice.addTools({
  weather: createTool({ id: 'weather', description: 'Tells the weather.', inputSchema: z.object({ city: z.string() }), execute: async ({ city }) => ({ city, degrees: 21 }) }),
});
Object.assign(window, { voice, realtime });
say('ready');`;

/** The documented example, with the sandbox's URL. */
const example = (site: Site): string => {
  const page = readFileSync(fileURLToPath(new URL('../../src/mastra/README.md', import.meta.url)), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const put = (text: string, found: string, instead: string): string => {
    expect(text.split(found), found).toHaveLength(2);
    return text.replace(found, instead);
  };
  const imported = put(
    code,
    "import { RealtimeVoice } from 'voice-agent-element/mastra';",
    "const { RealtimeVoice } = await import(/* @vite-ignore */ new URL('/mastra.js', location.href).href);",
  );
  return put(imported, "tokenUrl: '/voice/token',", `tokenUrl: '/voice/token', baseUrl: '${site.sandbox.url}',`);
};

const OPTIONS = {
  webrtc: "transport: 'webrtc'",
  websocket: "transport: 'websocket'",
  element: "element: document.querySelector('voice-agent')",
};

declare global {
  interface Window {
    voice: {
      connect(options?: object): Promise<void>;
      close(): unknown;
      answer(options?: object): Promise<void>;
      speak(text: string): Promise<void>;
      send(audio: unknown): Promise<void>;
    };
    realtime: { call: { sendText(text: string): void; status: { state: string } } };
  }
}

const test = base.extend<object, { programs: undefined }>({
  programs: [
    async ({ site }, use) => {
      const serve = (path: string): void =>
        site.answer(`/${path}`, () => new Response(readFileSync(DIST + path), { headers: { 'content-type': 'text/javascript' } }));
      for (const file of ['mastra.js', ...readdirSync(`${DIST}npm`).map((name) => `npm/${name}`)]) serve(file);
      const programs = Object.entries(OPTIONS).map(([name, options]) => [`mastra-${name}`, program(site, options)]);
      await serveBundle(site, { ...(Object.fromEntries(programs) as Record<string, string>), 'mastra-example': example(site) });
      await use(undefined);
    },
    { scope: 'worker', auto: true, timeout: 180_000 },
  ],
});
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

/** A line that the page's program logs. */
interface LoggedEvent<T = unknown> {
  readonly event: string;
  readonly detail: T;
}
interface Spoken {
  readonly id: string;
  readonly seconds: number;
  readonly level: number;
}

for (const name of ['webrtc', 'websocket', 'element'] as const) {
  test(`a conversation works (${name})`, async ({ page, site, resources }) => {
    const printout = readConsole(page);
    const until = async <T>(event: string, fits: (detail: T) => boolean = () => true): Promise<T> => {
      const line = await printout.next<LoggedEvent<T>>(
        event,
        (logged: LoggedEvent<T> | null) => logged?.event === event && fits(logged.detail),
      );
      return line.detail;
    };
    site.sandbox.script({
      replies: ['Good morning, and welcome.', { items: [{ call: 'weather', arguments: { city: 'Oslo' } }] }, 'It is warm.'],
    });
    await page.goto(
      site.page(
        name === 'element' ? { script: (bundledPage('mastra-element') as { script: string }).script } : bundledPage(`mastra-${name}`),
      ),
    );
    await until('ready');
    await page.evaluate(() => window.voice.connect({ timeout: 10_000, reconnect: true }));
    const call = await site.sandbox.nextCall();
    expect(call.kind).toBe(name === 'websocket' ? 'websocket' : 'webrtc');
    expect(call.sessionConfig).toMatchObject({ tools: [{ name: 'weather' }] });

    // The agent speaks: an audio stream, and text in deltas.
    await page.evaluate(() => window.voice.answer());
    const id = await until<string>('speaker');
    expect(id).toMatch(/^resp_/);
    const { seconds, level } = await until<Spoken>('spoken', (spoken) => spoken.id === id);
    expect(seconds).toBeGreaterThan(0.8);
    expect(level).toBeGreaterThan(0.01);

    // A Mastra tool runs in the page.
    await page.evaluate(() => window.realtime.call.sendText('How is the weather in Oslo?'));
    expect(await until('tool-call-start')).toMatchObject({ toolName: 'weather', args: { city: 'Oslo' } });
    expect(await until('tool-call-result')).toMatchObject({ result: { city: 'Oslo', degrees: 21 } });
    await until<{ text: string; role: string }>('writing', ({ role, text }) => role === 'assistant' && text.includes('warm'));

    // The page's own audio reaches the server.
    await page.evaluate(() => window.voice.send(new Int16Array(2_400).fill(99)));
    await call.waitForClientEvent('input_audio_buffer.append');

    // After a lost connection the call reconnects, and the agent is heard again.
    call.closeChannel();
    const second = await site.sandbox.nextCall({ timeoutMs: 20_000 });
    await expect.poll(() => page.evaluate(() => window.realtime.call.status.state)).toBe('connected');
    expect(second.key).not.toBe(call.key);
    second.replyNext('We go on.');
    await page.evaluate(() => window.voice.speak('We go on.'));
    const again = await until<string>('speaker');
    expect((await until<Spoken>('spoken', (spoken) => spoken.id === again)).level).toBeGreaterThan(0.01);

    await page.evaluate(async () => void (await window.voice.close()));
    await until('close');
    expect(await resources.settled()).toMatchObject({ tracks: 0, connections: 0, contexts: 0 });
    expect(printout.printed.filter((line) => (line as LoggedEvent | null)?.event === 'error')).toEqual([]);
  });
}

test('the documented example runs', async ({ page, site }) => {
  const printout = readConsole(page);
  await page.goto(site.page(bundledPage('mastra-example')));
  const call = await site.sandbox.nextCall({ timeoutMs: 20_000 });
  await printout.next('text of the agent', (line) => String(line).startsWith('assistant '));
  const line = await printout.next<string>('sound', (text) => String(text).endsWith(' bytes'));
  expect(Number.parseInt(line, 10)).toBeGreaterThan(24_000);
  expect(call.sessionConfig).toMatchObject({
    model: 'gpt-realtime-2.1',
    audio: { input: { turn_detection: { type: 'server_vad', threshold: 0.6, silence_duration_ms: 1_200 } }, output: { voice: 'alloy' } },
  });
});
