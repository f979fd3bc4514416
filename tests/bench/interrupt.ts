/**
 * Time from an interruption to silence, measured on the stream that the page's own audio element plays. During an
 * answer with continuous sound, both while it is being generated and afterwards, by `interrupt()` and by a click on the
 * button.
 */
import { EAR, EAR_MODULE } from '../support/bench-ear.js';
import type { Figure } from '../support/bench-figure.js';
import { pause, withLab } from '../support/bench-lab.js';
import type { Visit } from '../support/bench-lab.js';
import { ourPage } from '../support/bench-pages.js';
import { quiet, withWav } from '../support/bench-sound.js';
import { summarise } from '../support/bench-statistics.js';

/** The result of one interruption, in milliseconds. */
interface Cut {
  readonly silence: number;
  /** Number of times that sound resumed within the next half second. */
  readonly late: number;
}

const HANDLES = `
${EAR}
addEventListener('click', (event) => (window.askedAt = Date.now() - (performance.now() - event.timeStamp)), true);
// A tone of the page itself, cut in one step: the time that an interruption takes without a call, measured the same way.
window.cutTone = async () => {
  const context = new AudioContext();
  const source = new OscillatorNode(context);
  const output = new MediaStreamAudioDestinationNode(context);
  source.connect(output);
  source.start();
  const own = Object.assign(Object.create(ear), { changes: [], waiting: [] });
  await own.listen(output.stream);
  if (!own.sounding) await own.until(true);
  await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 40));
  const asked = Date.now();
  source.disconnect();
  const { at } = await own.until(false, asked);
  await Promise.all([context.close(), own.context.close()]);
  return at - asked;
};
window.cut = async (ask) => {
  const widget = document.querySelector('voice-agent');
  window.askedAt = undefined;
  await ask?.(widget);
  while (window.askedAt === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  const { at } = await ear.until(false, window.askedAt);
  await new Promise((resolve) => setTimeout(resolve, 500));
  return { silence: at - window.askedAt, late: ear.changes.filter((change) => change.sounding && change.at > at).length };
};`;

const START = `(async () => {
  const widget = document.querySelector('voice-agent');
  widget.audioElement = document.body.appendChild(new Audio());
  widget.open = true;
  await widget.connect();
  for (let tries = 0; !widget.audioElement.srcObject && tries < 100; tries++) await new Promise((resolve) => setTimeout(resolve, 20));
  await ear.listen(widget.audioElement.srcObject);
})()`;

const BY_CALL = `window.cut((widget) => { window.askedAt = Date.now(); widget.interrupt(); })`;

async function interruptOnce({ page }: Visit, by: 'call' | 'click', index: number): Promise<Cut> {
  await page.evaluate(`document.querySelector('voice-agent').send('Go on.')`);
  await page.evaluate('ear.sounding || ear.until(true, Date.now())');
  // Spread over the answer, so that no phase of a 20 ms frame is favoured.
  await pause(600 + ((index * 37) % 200));
  if (by === 'call') return page.evaluate<Cut>(BY_CALL);
  const heard = page.evaluate<Cut>('window.cut()');
  const button = page.locator('voice-agent [part~=interrupt-button]').first();
  const box = await button.boundingBox();
  if (!box) throw new Error('The panel shows no interrupt button.');
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2, { delay: 90 });
  return heard;
}

/** Takes about 2 s per round and method. */
export async function measureInterrupt(rounds = 12, transport: 'webrtc' | 'websocket' = 'webrtc'): Promise<Figure[]> {
  const cuts: Record<'call' | 'click', Cut[]> = { call: [], click: [] };
  const tones: number[] = [];
  const notes: string[] = [];
  for (const [speed, name] of [
    [1.2, 'while generating'],
    [Infinity, 'afterwards'],
  ] as const) {
    const during: number[] = [];
    await withWav(quiet(1), (wav) =>
      withLab(
        {
          wav,
          sandbox: { speed, thinkMs: 20, script: { replies: () => ({ items: [{ say: 'A long tone.', tone: { hz: 440, ms: 12_000 } }] }) } },
          pages: (baseUrl) => ({
            '/page.html': ourPage(`token-url="/token" base-url="${baseUrl}" transport="${transport}" model="gpt-realtime-2.1"`),
            '/ear.js': EAR_MODULE,
          }),
        },
        async (lab) => {
          const visit = await lab.visit('/page.html', HANDLES);
          await visit.page.evaluate(START);
          for (let round = -2; round < rounds; round++) {
            const tone = await visit.page.evaluate<number>('window.cutTone()');
            if (round >= 0) tones.push(tone);
            for (const by of ['call', 'click'] as const) {
              const cut = await interruptOnce(visit, by, round + 2);
              if (round < 0) continue;
              cuts[by].push(cut);
              during.push(cut.silence);
            }
          }
          await visit.leave();
        },
      ),
    );
    notes.push(`${name} median ${String(summarise(during).median)}`);
  }
  return (['call', 'click'] as const).map((by): Figure => {
    const sample = summarise(cuts[by].map(({ silence }) => silence));
    const late = cuts[by].reduce((sum, cut) => sum + cut.late, 0);
    return {
      figure: `${transport === 'websocket' ? 'WebSocket: ' : ''}interrupt → silence, by ${by === 'call' ? 'interrupt()' : 'a click on the button'}, p95`,
      value: sample.p95,
      unit: 'ms',
      bound: 50,
      sample,
      baseline: { name: 'a tone of the page itself, cut in one step', sample: summarise(tones) },
      note: `sound resumed ${String(late)} times within 500 ms; both methods: ${notes.join(', ')}`,
    };
  });
}
