/**
 * Runs the blocks of Mastra's page about `voice.connect()`, in both languages, in a browser: this package's `RealtimeVoice`
 * replaces Mastra's own provider, which needs Node, inside the real `CompositeVoice` of `@mastra/core`. The page's settings
 * apply: model, key and turn detection in `realtimeConfig`, `timeout` and `reconnect` of `connect()`. The streams are web
 * streams, piped with `pipeTo`.
 */
import { fileURLToPath } from 'node:url';
import { chromiumLaunch } from '../support/chromium.js';
import { changed } from '../support/seeds/blocks.js';
import type { Change } from '../support/seeds/blocks.js';
import { mastra } from '../support/seeds/mastra.js';
import { bundledPage, readConsole } from '../support/seeds/pages.js';
import { sentenceIn, spokenMicrophone } from '../support/seeds/turn.js';
import type { Site } from '../support/site.js';
import { HEARD_LIVE } from '../support/sound-match.js';
import { bundledOf } from './bundled-fixtures.js';
import { expect, siteOf, test as base } from './fixtures.js';

const PACKAGE = fileURLToPath(new URL('../../dist/mastra.js', import.meta.url));

/** The page says "Establishes a WebSocket or WebRTC connection": one language tests each. */
const USAGE = [
  { name: mastra.usageChinese, page: 'usage-chinese', model: 'gpt-5.1-realtime', transport: 'webrtc', q: '"' },
  { name: mastra.usageJapanese, page: 'usage-japanese', model: 'gpt-4o-mini-realtime', transport: 'websocket', q: "'" },
];
const COMPOSITE = [
  { name: mastra.compositeChinese, page: 'composite-chinese', q: '"', renamed: [] as Change[] },
  {
    name: mastra.compositeJapanese,
    page: 'composite-japanese',
    q: "'",
    renamed: [['renamed', 'realtimeProvider: realtimeVoice', 'realtime: realtimeVoice']] as Change[],
  },
];

const importOurs = (q: string): Change => [
  'ours',
  `import { OpenAIRealtimeVoice } from ${q}@mastra/voice-openai-realtime${q};`,
  `import { RealtimeVoice } from ${JSON.stringify(PACKAGE)};`,
];

/** The page's speaker: takes the documented options and PCM, and logs what it received when the stream ends. */
const SPEAKER = `
const base64 = (chunks: Uint8Array[]) => btoa(chunks.flatMap((chunk) => Array.from(chunk, (byte) => String.fromCharCode(byte))).join(''));
class Speaker extends WritableStream<Uint8Array> {
  constructor(options: object) {
    const chunks: Uint8Array[] = [];
    super({
      write: (chunk) => void chunks.push(chunk),
      close: () => console.log(JSON.stringify({ speaker: options, sound: base64(chunks) })),
    });
  }
}
`;

const key = (model: string): string => `const apiKey = await (await fetch('/seeds/key?model=${model}')).text();\n`;
const HANDLES = "\nconsole.log('connected');\nObject.assign(window, { hangUp: () => voice.close() });\n";

function programs(site: Site): Record<string, string> {
  const { url } = site.sandbox;
  const usage = USAGE.map(({ name, page, model, transport, q }) => {
    const code = changed(name, [
      importOurs(q),
      ['absent', `import Speaker from ${q}@mastra/node-speaker${q};`, ''],
      ['ours', 'new OpenAIRealtimeVoice({', `new RealtimeVoice({\n  baseUrl: '${url}',\n  transport: '${transport}',`],
      ['key', 'process.env.OPENAI_API_KEY', 'apiKey'],
      ['ours', 'stream.pipe(speaker);', 'void stream.pipeTo(speaker);'],
    ]);
    return [page, `${key(model)}${SPEAKER}${code}${HANDLES}`];
  });
  const composite = COMPOSITE.map(({ name, page, q, renamed }) => {
    const code = changed(name, [
      importOurs(q),
      ['ours', 'new OpenAIRealtimeVoice()', `new RealtimeVoice({ baseUrl: '${url}', apiKey })`],
      ...renamed,
    ]);
    const listen = `
voice.on('writing', ({ text, role }: { text: string; role: string }) => console.log(JSON.stringify({ role, text })));
voice.on('speaking.done', () => console.log('spoken'));
await voice.answer({});`;
    return [page, `${key('gpt-realtime')}${code}${HANDLES}${listen}`];
  });
  return Object.fromEntries([...usage, ...composite]) as Record<string, string>;
}

const test = base.extend<object, { site: Site; bundled: Site }>({
  // The page's models may no longer exist.
  site: siteOf({ sandbox: { acceptsModel: () => true } }),
  bundled: bundledOf(programs),
});

test.use({ launchOptions: chromiumLaunch({ wav: spokenMicrophone.path }) });

for (const { name, page: address, model, transport } of USAGE) {
  test(`${name}, in a browser over ${transport}`, async ({ page, bundled: site }) => {
    const log = readConsole(page);
    await page.goto(site.page(bundledPage(address)));
    await log.next('a connection', (value) => value === 'connected');
    const call = await site.sandbox.nextCall();
    expect(call.kind).toBe(transport);
    const { speaker, sound } = await log.next<{ speaker: object; sound: string }>(
      'sound',
      (value: { sound?: string }) => value.sound !== undefined,
    );
    expect(speaker).toEqual({ sampleRate: 24_100, channels: 1, bitDepth: 16 });
    expect(sentenceIn(call.inputAudio()), 'the server heard the words').toBeGreaterThan(HEARD_LIVE);
    expect(sentenceIn(sound), 'the words came back').toBeGreaterThan(HEARD_LIVE);
    expect(call.sessionConfig).toMatchObject({
      model,
      audio: { input: { turn_detection: { type: 'server_vad', threshold: 0.6, silence_duration_ms: 1_200 } }, output: { voice: 'alloy' } },
    });
    // The second connect() found an active call: it only set what happens when the connection is lost.
    expect(site.sandbox.calls).toHaveLength(1);
    call.closeChannel();
    const next = await site.sandbox.nextCall({ timeoutMs: 30_000 });
    await next.waitForServerEvent('session.updated');
    await page.evaluate(() => window.hangUp());
    expect(await next.ended).toBe('client-closed');
  });
}

for (const { name, page: address } of COMPOSITE) {
  test(`${name}, in a browser`, async ({ page, bundled: site }) => {
    site.sandbox.script({ replies: ['Hello to you.'] });
    const log = readConsole(page);
    await page.goto(site.page(bundledPage(address)));
    await log.next('a connection', (value) => value === 'connected');
    await log.next('sound', (value) => value === 'spoken');
    const said = log.printed.filter((value): value is { role: string; text: string } => (value as { role?: string }).role === 'assistant');
    expect(said.map(({ text }) => text).join('')).toBe('Hello to you.\n');
    await page.evaluate(() => window.hangUp());
    expect(await (await site.sandbox.nextCall()).ended).toBe('client-closed');
  });
}
