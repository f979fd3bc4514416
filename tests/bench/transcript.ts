/**
 * Streams single words into a transcript of 10,000 turns, at a quarter of this machine's speed, with the panel open and
 * the agent's voice playing and moving the meters. The turns arrive over the wire like any others. A frame is due every
 * 16.7 ms. The baseline, in the same run, is a bare call with the same audio, whose words go into a plain windowed list
 * of as many turns.
 */
import { SAMPLE_RATE } from '../../src/sandbox/index.js';
import type { SandboxCall } from '../../src/sandbox/index.js';
import type { Figure } from '../support/bench-figure.js';
import { pause, withLab } from '../support/bench-lab.js';
import type { Visit } from '../support/bench-lab.js';
import { ourHandles, ourPage } from '../support/bench-pages.js';
import { plainListPage } from '../support/bench-plain.js';
import { quiet, withWav } from '../support/bench-sound.js';
import { round, summarise } from '../support/bench-statistics.js';

const TURNS = 10_000;
const SLOWDOWN = 4;
const SECONDS = 6;
const DELTAS_PER_SECOND = 50;

/** What the page measured in one period. */
interface Stretch {
  readonly frames: number[];
  readonly tasks: number[];
}

const WATCH = `
window.tasks = [];
new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
window.watchFrames = (ms) => new Promise((resolve) => {
  const frames = [];
  window.tasks = [];
  let last, first;
  const frame = (at) => {
    first ??= at;
    if (last !== undefined) frames.push(at - last);
    last = at;
    if (at - first < ms) requestAnimationFrame(frame);
    else setTimeout(() => resolve({ frames, tasks: window.tasks }), 100);
  };
  requestAnimationFrame(frame);
});
window.countNodes = (node) => {
  let count = 1;
  for (const child of node.childNodes) count += window.countNodes(child);
  if (node.shadowRoot) count += window.countNodes(node.shadowRoot);
  return count;
};`;

/** A voice that swells and fades four times a second, so that the meters change in every frame. */
function syllables(seconds: number): Int16Array {
  const turn = (2 * Math.PI) / SAMPLE_RATE;
  return Int16Array.from(
    { length: seconds * SAMPLE_RATE },
    (_, index) => 8000 * Math.sin(220 * turn * index) * Math.sin(2.1 * turn * index) ** 2,
  );
}

/** Sends finished turns of both sides, in batches that the channel can carry. */
async function fill({ page }: Visit, call: SandboxCall): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) {
    const assistant = turn % 2 === 1;
    const text = `Turn ${String(turn)}: ${'some words that one would say '.repeat(1 + (turn % 4))}.`;
    const item = {
      id: `item_bench_${String(turn)}`,
      object: 'realtime.item',
      type: 'message',
      role: assistant ? 'assistant' : 'user',
      status: 'completed',
      content: [assistant ? { type: 'output_audio', transcript: text } : { type: 'input_text', text }],
    };
    const previous_item_id = turn === 0 ? null : `item_bench_${String(turn - 1)}`;
    call.sendEvent({ type: 'conversation.item.added', previous_item_id, item });
    call.sendEvent({ type: 'conversation.item.done', previous_item_id, item });
    if (turn % 250 === 249) {
      await page.waitForFunction(`document.querySelector('voice-agent').messages.length > ${String(turn)}`, null, {
        polling: 20,
        timeout: 120_000,
      });
    }
  }
}

/** One answer: audio from the sandbox, plus a turn whose words arrive at a constant rate. */
async function stream({ page }: Visit, call: SandboxCall, index: number): Promise<Stretch> {
  const after = call.events.at(-1)?.index ?? 0;
  await page.evaluate(`window.bench.say('Go on.')`);
  await call.waitForServerEvent('output_audio_buffer.started', { after });
  const place = { response_id: `resp_bench_${String(index)}`, item_id: `item_stream_${String(index)}`, output_index: 0, content_index: 0 };
  const item = { id: place.item_id, object: 'realtime.item', type: 'message', role: 'assistant', status: 'in_progress', content: [] };
  const previous_item_id = call.items.at(-1)?.id ?? null;
  call.sendEvent({ type: 'response.output_item.added', response_id: place.response_id, output_index: 0, item });
  call.sendEvent({ type: 'conversation.item.added', previous_item_id, item });
  call.sendEvent({ type: 'response.content_part.added', ...place, part: { type: 'audio', transcript: '' } });
  const begun = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    for (const due = ((performance.now() - begun) / 1000) * DELTAS_PER_SECOND; sent < due; sent++) {
      call.sendEvent({ type: 'response.output_audio_transcript.delta', ...place, delta: `word${String(sent)} ` });
    }
  }, 5);
  try {
    await pause(300);
    return await page.evaluate<Stretch>(`window.watchFrames(${String(SECONDS * 1000)})`);
  } finally {
    clearInterval(timer);
  }
}

interface Seen {
  readonly idle: Stretch[];
  readonly busy: Stretch[];
}

/** Measures one page alternately at rest and during streaming. */
async function watch(visit: Visit, call: SandboxCall, rounds: number): Promise<Seen> {
  const idle: Stretch[] = [];
  const busy: Stretch[] = [];
  await pause(1000);
  await visit.cdp.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
  for (let index = -1; index < rounds; index++) {
    await pause(1500);
    const atRest = await visit.page.evaluate<Stretch>(`window.watchFrames(${String(SECONDS * 500)})`);
    const streaming = await stream(visit, call, index + 1);
    if (index < 0) continue;
    idle.push(atRest);
    busy.push(streaming);
  }
  return { idle, busy };
}

/** Takes about two and a half minutes. */
export async function measureTranscript(rounds = 3): Promise<Figure[]> {
  const { ours, plain, facts } = await withWav(quiet(1), (wav) =>
    withLab(
      {
        wav,
        sandbox: {
          thinkMs: 20,
          speed: Infinity,
          script: { replies: () => ({ items: [{ say: 'Syllables.', pcm: syllables(SECONDS + 1) }] }) },
        },
        pages: (baseUrl) => ({
          '/page.html': ourPage(`token-url="/token" base-url="${baseUrl}"`),
          '/plain.html': plainListPage(baseUrl, TURNS),
        }),
      },
      async (lab) => {
        const call = async (path: string, script: string): Promise<{ visit: Visit; call: SandboxCall }> => {
          const visit = await lab.visit(path, script);
          await visit.page.waitForFunction('window.bench');
          await visit.page.evaluate('bench.connect()');
          return { visit, call: await lab.sandbox.nextCall() };
        };
        const bare = await call('/plain.html', WATCH);
        const plain = await watch(bare.visit, bare.call, rounds);
        await bare.visit.leave();
        const widget = await call('/page.html', WATCH + ourHandles);
        await fill(widget.visit, widget.call);
        const ours = await watch(widget.visit, widget.call, rounds);
        const facts = await widget.visit.page.evaluate<{ nodes: number; turns: number; text: number }>(`({
          nodes: window.countNodes(document.querySelector('voice-agent')),
          turns: document.querySelector('voice-agent').messages.length,
          text: document.querySelector('voice-agent').messages.findLast(({ id }) => id.startsWith('item_stream')).text.length,
        })`);
        return { ours, plain, facts };
      },
    ),
  );
  const frames = (stretches: readonly Stretch[]): number[] => stretches.flatMap((stretch) => stretch.frames);
  const tasks = (stretches: readonly Stretch[]): number[] => stretches.flatMap((stretch) => stretch.tasks);
  const dropped = (stretches: readonly Stretch[]): number => {
    const all = frames(stretches);
    return (100 * all.filter((ms) => ms > 17).length) / all.length;
  };
  return [
    {
      figure: `streaming into ${String(facts.turns)} turns at 4× CPU: frames over 17 ms, more than in a plain windowed list`,
      value: round(dropped(ours.busy) - dropped(plain.busy), 2),
      unit: '%',
      bound: 3,
      sample: summarise(frames(ours.busy)),
      baseline: { name: 'plain windowed list', sample: summarise(frames(plain.busy)) },
      note: `frames in ms; over 17 ms: ours ${String(round(dropped(ours.busy), 2))} %, at rest ${String(round(dropped(ours.idle), 2))} %; plain ${String(round(dropped(plain.busy), 2))} %, at rest ${String(round(dropped(plain.idle), 2))} %; last turn ${String(facts.text)} characters`,
    },
    {
      figure: 'the same: long tasks, more than in a plain windowed list',
      value: tasks(ours.busy).length - tasks(plain.busy).length,
      unit: '',
      bound: 0,
      note: `${String(rounds * SECONDS)} s; at rest ${String(tasks(ours.idle).length)}; longest ${String(Math.max(0, ...tasks(ours.busy)))} ms`,
    },
    { figure: 'the same: DOM nodes in the widget, including shadow trees and text', value: facts.nodes, unit: '', bound: 1000 },
  ];
}
