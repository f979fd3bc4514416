/**
 * The examples of Mastra's page about `voice.connect()`, in both of its languages, run with the real `@mastra/voice-openai-realtime`
 * and `@mastra/core` against the sandbox. The current packages differ from the page:
 * - The constructor's options are flat: `realtimeConfig` is ignored, including the model, the key and the turn detection.
 * - `connect()` does not know `timeout` or `reconnect`: it accepts any options and connects again.
 * - `CompositeVoice` takes `realtime`; the Japanese page's `realtimeProvider` no longer exists.
 *
 * The same examples run with this project's adapter in a browser: `tests/e2e/seeds-mastra.spec.ts`.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.js';
import { changed } from '../support/seeds/blocks.js';
import type { Change } from '../support/seeds/blocks.js';
import { mastra } from '../support/seeds/mastra.js';
import { runInNode } from '../support/seeds/programs.js';
import type { Program } from '../support/seeds/programs.js';
import { RECORDING, sentenceIn } from '../support/seeds/turn.js';
import { SAME_WORDS } from '../support/sound-match.js';
import { start } from '../unit/sandbox/harness.js';

const env = { OPENAI_API_KEY: 'sk-sandbox-mastra' };
const SPEAKER = new URL('../support/seeds/speaker.ts', import.meta.url).href;

let program: Program | undefined;
afterEach(() => program?.stop());

const socketUrl = (sandbox: Sandbox): string => `${sandbox.url.replace('http', 'ws')}/realtime`;

/** The constructor's current options; turn detection is set with `updateConfig`. `q` is the page's quotation mark. */
function today(model: string, q: string, sandbox: Sandbox): Change[] {
  const given = `  realtimeConfig: {
    model: ${q}${model}${q},
    apiKey: process.env.OPENAI_API_KEY,
    options: {
      sessionConfig: {
        turn_detection: {
          type: ${q}server_vad${q},
          threshold: 0.6,
          silence_duration_ms: 1200,
        },
      },
    },
  },
`;
  const flat = `  model: ${q}${model}${q},
  apiKey: process.env.OPENAI_API_KEY,
  url: '${socketUrl(sandbox)}',
`;
  const update = `await voice.connect();
voice.updateConfig({
  type: 'realtime',
  audio: {
    input: {
      turn_detection: {
        type: 'server_vad',
        threshold: 0.6,
        silence_duration_ms: 1200,
      },
    },
  },
});`;
  return [
    ['absent', `import Speaker from ${q}@mastra/node-speaker${q};`, `import Speaker from '${SPEAKER}';`],
    ['renamed', given, flat],
    ['renamed', 'await voice.connect();', update],
  ];
}

/** Speaks a turn; the speaker prints the audio that it receives. */
const SPEAK = `${RECORDING}
process.stdin.once('end', () => voice.close()).resume();
const speak = () => voice.send(recording());
`;

describe.each([
  [mastra.usageChinese, 'gpt-5.1-realtime', '"'],
  [mastra.usageJapanese, 'gpt-4o-mini-realtime', "'"],
])('%s', { timeout: 60_000 }, (name, model, quote) => {
  it('connects with the page’s settings, reconnects with options and pipes the answer to the speaker', async () => {
    const { sandbox } = await start({ acceptsModel: (asked) => asked === model });
    program = runInNode(`mastra-usage-${model}`, changed(name, today(model, quote, sandbox)), env, {
      before: SPEAK,
      after: 'await speak();',
    });
    const { speaker, sound } = await program.next<{ speaker: object; sound: string }>(
      'sound',
      (value: { sound?: string }) => value.sound !== undefined,
    );
    expect(speaker).toEqual({ sampleRate: 24_100, channels: 1, bitDepth: 16 });
    expect(sentenceIn(sound), 'the answer repeats the spoken words').toBeGreaterThan(SAME_WORDS);

    const [first, second] = [await sandbox.nextCall(), await sandbox.nextCall()];
    await first.waitForServerEvent('session.updated', { after: (await first.waitForServerEvent('session.updated')).index + 1 });
    expect(first.sessionConfig).toMatchObject({
      model,
      audio: { input: { turn_detection: { type: 'server_vad', threshold: 0.6, silence_duration_ms: 1_200 } }, output: { voice: 'alloy' } },
    });
    expect(second.sessionConfig).toMatchObject({ model, audio: { output: { voice: 'alloy' } } });
    expect([first, second].flatMap(({ events }) => events).filter(({ type }) => type === 'error')).toEqual([]);
    void program.close();
    expect(await second.ended).toBe('client-closed');
  });
});

describe.each([
  [mastra.compositeChinese, [] as Change[]],
  [mastra.compositeJapanese, [['renamed', 'realtimeProvider: realtimeVoice', 'realtime: realtimeVoice']] as Change[]],
])('%s', { timeout: 60_000 }, (name, renamed) => {
  it('connects through the provider, speaks and receives an answer', async () => {
    const { sandbox } = await start();
    const code = changed(name, [
      ['address', 'new OpenAIRealtimeVoice()', `new OpenAIRealtimeVoice({ url: '${socketUrl(sandbox)}' })`],
      ...renamed,
    ]);
    const after = `
const chunks: Buffer[] = [];
voice.on('speaking', ({ audio }) => void chunks.push(audio as unknown as Buffer));
voice.on('speaking.done', () => console.log({ sound: Buffer.concat(chunks).toString('base64') }));
await speak();`;
    program = runInNode(`mastra-composite-${String(renamed.length)}`, code, env, { before: SPEAK, after });
    const { sound } = await program.next<{ sound: string }>('sound', (value: { sound?: string }) => value.sound !== undefined);
    expect(sentenceIn(sound), 'the answer repeats the spoken words').toBeGreaterThan(SAME_WORDS);
    const call = await sandbox.nextCall();
    expect(await program.close()).toBe(0);
    expect(await call.ended).toBe('client-closed');
    expect(call.events.filter(({ type }) => type === 'error')).toEqual([]);
  });
});

it(`${mastra.compositeJapanese}, unchanged, fails because the option no longer exists`, { timeout: 60_000 }, async () => {
  const { sandbox } = await start();
  program = runInNode('mastra-composite-old', changed(mastra.compositeJapanese, []), env);
  expect(await program.ended).toBe(1);
  expect(program.errors).toContain('No realtime provider configured');
  expect(sandbox.requests).toHaveLength(0);
});
