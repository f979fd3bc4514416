/**
 * A call over WebSocket, where the page itself carries the audio: microphone latency to the server, accuracy of the
 * truncation position, time from an interruption to silence, and main thread usage.
 */
import { EAR, EAR_MODULE } from '../support/bench-ear.js';
import type { Figure } from '../support/bench-figure.js';
import { pause, withLab } from '../support/bench-lab.js';
import type { Lab, LabOptions } from '../support/bench-lab.js';
import { ourPage } from '../support/bench-pages.js';
import { BARE_WORKLET, bareSocketPage } from '../support/bench-plain.js';
import { quiet, spoken, withWav } from '../support/bench-sound.js';
import { median, round, summarise } from '../support/bench-statistics.js';
import { measureInterrupt } from './interrupt.js';

type Transport = 'webrtc' | 'websocket';

const pages =
  (transport: Transport, more = ''): LabOptions['pages'] =>
  (baseUrl) => ({
    '/page.html': ourPage(
      `token-url="/token" base-url="${baseUrl}" transport="${transport}" model="gpt-realtime-2.1" turn-detection="none"${more}`,
    ),
    '/ear.js': EAR_MODULE,
    '/bare.html': bareSocketPage(baseUrl),
    '/bare-worklet.js': BARE_WORKLET,
  });

/** Opens a page with this script, and returns the call that this expression begins in it. */
async function begin({ sandbox, visit }: Lab, script: string, expression: string, path = '/page.html') {
  const { page, leave } = await visit(path, script);
  if (path === '/bare.html') await page.waitForFunction('window.bench');
  await page.evaluate(expression);
  const call = sandbox.calls.at(-1);
  if (!call) throw new Error('No call reached the sandbox.');
  return { page, leave, call };
}

/** A microphone of the page itself: silence, and a burst of sound on request. */
const BURSTS = `
${EAR}
window.burst = {
  async start() {
    this.context = new AudioContext();
    this.gain = new GainNode(this.context, { gain: 0 });
    this.output = new MediaStreamAudioDestinationNode(this.context);
    new OscillatorNode(this.context, { frequency: 600 }).connect(this.gain).connect(this.output);
    const source = new OscillatorNode(this.context, { frequency: 600 });
    source.connect(this.gain);
    source.start();
    await ear.listen(this.output.stream);
    if (window.bench) return bench.connect(this.output.stream);
    const widget = document.querySelector('voice-agent');
    widget.mediaStream = this.output.stream;
    widget.open = true;
    await widget.connect();
  },
  async sound() {
    const asked = Date.now();
    const begin = this.context.currentTime + 0.05 + Math.random() * 0.02;
    this.gain.gain.setValueAtTime(0.5, begin);
    this.gain.gain.setValueAtTime(0, begin + 0.2);
    return (await ear.until(true, asked)).at;
  },
};`;

/** Times from sound in a page's microphone until the server receives it. */
const latencies = (path: string, rounds: number): Promise<number[]> =>
  withWav(quiet(1), (wav) =>
    withLab({ wav, pages: pages('websocket') }, async (lab) => {
      const { page, leave, call } = await begin(lab, BURSTS, 'burst.start()', path);
      const taken: number[] = [];
      for (let round = -2; round < rounds; round++) {
        const at = await page.evaluate<number>('burst.sound()');
        await pause(500);
        const heard = call.levels.find((level) => level.at >= at - 5 && level.dbfs > -50);
        if (!heard) throw new Error('The server did not hear the burst.');
        if (round >= 0) taken.push(heard.at - at);
      }
      await leave();
      return taken;
    }),
  );

/** Time from sound in the page's microphone until the server receives it. */
async function measureLatency(rounds: number): Promise<Figure> {
  const ours = summarise(await latencies('/page.html', rounds));
  const bare = summarise(await latencies('/bare.html', rounds));
  return {
    figure: 'WebSocket: microphone sample → sandbox, median',
    value: ours.median,
    unit: 'ms',
    bound: 60,
    sample: ours,
    baseline: { name: 'a bare page that does the same', sample: bare },
    ratio: round(ours.median / bare.median, 2),
    note: 'chunks of 80 ms, the first one with sound',
  };
}

const TRUNCATE = `
${EAR}
window.talk = {
  async start() {
    const widget = document.querySelector('voice-agent');
    widget.audioElement = document.body.appendChild(new Audio());
    widget.open = true;
    await widget.connect();
    await ear.listen(widget.audioElement.srcObject);
  },
  async cut(after) {
    const widget = document.querySelector('voice-agent');
    const asked = Date.now();
    await widget.send('Go on.');
    const begun = (await ear.until(true, asked)).at;
    await new Promise((resolve) => setTimeout(resolve, after));
    const pressed = Date.now();
    widget.interrupt();
    const ended = (await ear.until(false, pressed)).at;
    return ended - begun;
  },
  /** Plays a tone of a known length, and returns by how much its measured length differs: the resolution of the measurement. */
  async known(ms) {
    const tone = new OscillatorNode(ear.context, { frequency: 440 });
    const output = new MediaStreamAudioDestinationNode(ear.context);
    tone.connect(output);
    const own = Object.create(ear, { changes: { value: [] }, waiting: { value: [], writable: true } });
    own.attach(output.stream);
    const begin = ear.context.currentTime + 0.1;
    tone.start(begin);
    tone.stop(begin + ms / 1000);
    const begun = (await own.until(true)).at;
    return (await own.until(false, begun)).at - begun - ms;
  },
};`;

/** The position sent to the server, compared with the audio measured on the played stream. */
async function measureTruncation(rounds: number): Promise<Figure> {
  const resolution: number[] = [];
  const errors = await withWav(quiet(1), (wav) =>
    withLab(
      {
        wav,
        pages: pages('websocket'),
        sandbox: {
          speed: 4,
          thinkMs: 20,
          script: { replies: () => ({ items: [{ say: 'A long tone.', tone: { hz: 440, ms: 12_000 } }] }) },
        },
      },
      async (lab) => {
        const { page, leave, call } = await begin(lab, TRUNCATE, 'talk.start()');
        const off: number[] = [];
        for (let round = -1; round < rounds; round++) {
          const known = call.events.length;
          const heard = await page.evaluate<number>(`talk.cut(${String(700 + ((round * 137) % 900))})`);
          await pause(300);
          const truncation = call.events
            .slice(known)
            .find(({ direction, type }) => direction === 'in' && type === 'conversation.item.truncate');
          const position = truncation?.event['audio_end_ms'];
          if (typeof position !== 'number') throw new Error('No truncation was sent.');
          if (round < 0) continue;
          off.push(position - heard);
          resolution.push(await page.evaluate<number>(`talk.known(${String(300 + ((round * 61) % 200))})`));
        }
        await leave();
        return off;
      },
    ),
  );
  const sample = summarise(errors);
  return {
    figure: 'WebSocket: truncation position compared with the audio actually played, largest difference',
    value: round(Math.max(...errors.map(Math.abs))),
    unit: 'ms',
    bound: 40,
    sample,
    baseline: { name: 'a tone of a known length, measured in the same way', sample: summarise(resolution) },
    note: 'negative: the position is before the end of the audio played',
  };
}

const SLOWDOWN = 4;
/** Measured seconds of a call. */
const SPAN = 8;

/** What carries the audio: the widget over one of its transports, nothing, or a minimal page that does the same over WebSocket. */
type Carrier = Transport | 'none' | 'bare';

const CARRIERS: readonly Carrier[] = ['none', 'bare', 'webrtc', 'websocket'];

const OUR_CALL = (carrier: Carrier, open: boolean): string => `(async () => {
  const widget = document.querySelector('voice-agent');
  widget.open = true;
  if (${String(carrier === 'none')}) return;
  await widget.connect();
  await widget.send('Go on.');
  widget.open = ${String(open)};
})()`;
const BARE_CALL = `bench.connect().then(() => bench.say('Go on.'))`;

/** Share of the main thread's time that the page uses while audio goes both ways. */
async function busyShare(carrier: Carrier, wav: string, open: boolean): Promise<number> {
  const replies = () => ({ items: [{ say: 'A long tone.', tone: { hz: 440, ms: 30_000 } }] });
  const options: LabOptions = {
    wav,
    pages: pages(carrier === 'webrtc' ? 'webrtc' : 'websocket', ' placement="bottom-end"'),
    sandbox: { speed: 1.2, thinkMs: 20, script: { replies } },
  };
  return withLab(options, async ({ visit }) => {
    const { page, cdp, leave } = await visit(carrier === 'bare' ? '/bare.html' : '/page.html');
    if (carrier === 'bare') await page.waitForFunction('window.bench');
    await page.evaluate(carrier === 'bare' ? BARE_CALL : OUR_CALL(carrier, open));
    await pause(1_500);
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
    await cdp.send('Performance.enable', { timeDomain: 'timeTicks' });
    const read = async (): Promise<{ task: number; at: number }> => {
      const { metrics } = await cdp.send('Performance.getMetrics');
      const of = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? NaN;
      return { task: of('TaskDuration'), at: of('Timestamp') };
    };
    const before = await read();
    await pause(SPAN * 1000);
    const after = await read();
    await leave();
    return (100 * (after.task - before.task)) / (after.at - before.at);
  });
}

async function measureCost(rounds: number, open: boolean): Promise<Figure> {
  const shares: Record<Carrier, number[]> = { none: [], bare: [], webrtc: [], websocket: [] };
  await withWav(await spoken('One two three four five six seven eight nine ten.', 0, 0), async (wav) => {
    for (let round = 0; round < rounds; round++) {
      for (const carrier of CARRIERS) shares[carrier].push(await busyShare(carrier, wav, open));
    }
  });
  const { none, bare, webrtc, websocket } = shares;
  return {
    figure: `WebSocket: main thread in use during a call at 4× CPU, panel ${open ? 'open, with the visualizer, meters and transcript' : 'minimised, only the call'}, more than a bare page`,
    value: round(median(websocket) - median(bare)),
    unit: 'points',
    // A bare page has no visualizer, meters or transcript: with an open panel the difference is informational.
    ...(open ? {} : { bound: 2 }),
    sample: summarise(websocket),
    baseline: { name: 'a bare page that does the same', sample: summarise(bare) },
    note: `% of the time, audio both ways; the same call over WebRTC ${String(round(median(webrtc)))}, without a call ${String(round(median(none)))}`,
  };
}

/** Takes about three minutes. */
export async function measureWebSocket(): Promise<Figure[]> {
  return [
    await measureLatency(20),
    await measureTruncation(15),
    ...(await measureInterrupt(8, 'websocket')),
    await measureCost(3, false),
    await measureCost(3, true),
  ];
}
