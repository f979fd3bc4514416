/**
 * A microphone that is lost during a call while another one is available, until the server receives audio again: the
 * track ends as in Firefox when its device is unplugged, and the browser's fake microphone is the other device.
 */
import type { Figure } from '../support/bench-figure.js';
import { pause, withLab } from '../support/bench-lab.js';
import { ourPage } from '../support/bench-pages.js';
import { withWav } from '../support/bench-sound.js';
import { round, summarise } from '../support/bench-statistics.js';

const RATE = 24_000;
/** Level above which a frame contains the tone, in dBFS; a lost microphone sends nothing or silence. */
const SOUNDING = -70;
/** Maximum wait in milliseconds for one recovery. */
const LIMIT = 10_000;

const SCRIPT = `
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
let track;
navigator.mediaDevices.getUserMedia = async (constraints) => {
  const stream = await open(constraints);
  [track] = stream.getAudioTracks();
  return stream;
};
window.unplug = () =>
  new Promise((resolve) => {
    const lost = Date.now();
    const stop = document.querySelector('voice-agent').session.on('status', ({ microphone }) => {
      if (microphone !== 'live') return;
      stop();
      resolve({ lost, live: Date.now() });
    });
    track.stop();
    track.dispatchEvent(new Event('ended'));
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
  });
// What the browser takes by itself to open the device once more.
window.openAgain = async () => {
  const asked = Date.now();
  const stream = await open({ audio: true });
  const took = Date.now() - asked;
  for (const another of stream.getTracks()) another.stop();
  return took;
};
window.begin = async () => {
  const widget = document.querySelector('voice-agent');
  widget.open = true;
  await widget.connect();
};`;

const tone = (): Int16Array => Int16Array.from({ length: 2 * RATE }, (_, index) => 6_000 * Math.sin((2 * Math.PI * 440 * index) / RATE));

async function measure(transport: 'webrtc' | 'websocket', rounds: number): Promise<Figure> {
  const taken = await withWav(tone(), (wav) =>
    withLab(
      {
        wav,
        pages: (baseUrl) => ({
          '/page.html': ourPage(
            `token-url="/token" base-url="${baseUrl}" transport="${transport}" model="gpt-realtime-2.1" turn-detection="none"`,
          ),
        }),
      },
      async ({ sandbox, visit }) => {
        const { page, leave } = await visit('/page.html', SCRIPT);
        await page.evaluate('begin()');
        const call = sandbox.calls.at(-1);
        if (!call) throw new Error('No call reached the sandbox.');
        const hears = async (after: number): Promise<number> => {
          for (const end = Date.now() + LIMIT; Date.now() < end; await pause(10)) {
            const heard = call.levels.find(({ at, dbfs }) => at > after && dbfs > SOUNDING);
            if (heard) return heard.at;
          }
          throw new Error('The server did not hear the microphone.');
        };
        await hears(0);
        const times: number[] = [];
        const bare: number[] = [];
        for (let round = -1; round < rounds; round++) {
          // Audio in flight when the microphone was lost does not come from the new one.
          const { lost, live } = await page.evaluate<{ lost: number; live: number }>('unplug()');
          const heard = await hears(live);
          const opened = await page.evaluate<number>('openAgain()');
          if (round >= 0) {
            times.push(heard - lost);
            bare.push(opened);
          }
          await pause(1_500);
        }
        await leave();
        return { times, bare };
      },
    ),
  );
  const sample = summarise(taken.times);
  const baseline = summarise(taken.bare);
  return {
    figure: `${transport === 'websocket' ? 'WebSocket: m' : 'M'}icrophone lost with another device available → heard again, p95`,
    value: sample.p95,
    unit: 'ms',
    bound: 2_000,
    sample,
    baseline: { name: 'getUserMedia() by itself', sample: baseline },
    ratio: round(sample.median / Math.max(1, baseline.median), 2),
  };
}

/** Takes about 2 s per round and transport. */
export async function measureMicrophone(rounds = 10): Promise<Figure[]> {
  return [await measure('webrtc', rounds), await measure('websocket', rounds)];
}
