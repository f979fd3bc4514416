/**
 * What 200 calls leave behind in a page: JavaScript heap after garbage collection, open connections, audio contexts and
 * tracks, DOM nodes. A bare RTCPeerConnection with the same number of cycles shows what the browser itself retains.
 */
import type { Figure } from '../support/bench-figure.js';
import { pause, withLab } from '../support/bench-lab.js';
import type { Lab, Visit } from '../support/bench-lab.js';
import { barePage, ourHandles, ourPage } from '../support/bench-pages.js';
import { round } from '../support/bench-statistics.js';

const WARM_UP = 12;

/**
 * Tracks, without retaining them, the objects that a leaked reference would keep alive. Chromium itself retains stopped
 * microphone tracks (100 of 100 in a page that only opens and stops them): for those, only "open" is meaningful.
 */
const CENSUS = `{
  const born = { RTCPeerConnection: [], AudioContext: [], MediaStreamTrack: [] };
  for (const name of ['RTCPeerConnection', 'AudioContext']) {
    window[name] = class extends window[name] {
      constructor(...args) { super(...args); born[name].push(new WeakRef(this)); }
    };
  }
  const devices = navigator.mediaDevices, open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) => {
    const stream = await open(constraints);
    for (const track of stream.getTracks()) born.MediaStreamTrack.push(new WeakRef(track));
    return stream;
  };
  const open_ = (one) => (one.connectionState ?? one.state ?? one.readyState) !== 'closed' && one.readyState !== 'ended';
  window.resources = () => Object.fromEntries(Object.entries(born).map(([name, refs]) => {
    const alive = refs.map((ref) => ref.deref()).filter(Boolean);
    return [name, { made: refs.length, kept: alive.length, open: alive.filter(open_).length }];
  }));
}`;

/** A call lasts for a few frames, so that the level meter and its audio context are created. */
const CYCLES = (count: number): string => `(async () => {
  for (let cycle = 0; cycle < ${String(count)}; cycle++) {
    await bench.connect();
    await new Promise((resolve) => setTimeout(resolve, 80));
    await bench.close();
  }
})()`;

interface Heap {
  readonly bytes: number;
  readonly nodes: number;
  readonly listeners: number;
}

async function collected({ cdp }: Visit): Promise<Heap> {
  // Closed connections release their last references in later tasks.
  for (let round = 0; round < 4; round++) {
    await cdp.send('HeapProfiler.collectGarbage');
    await pause(400);
  }
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  const { nodes, jsEventListeners } = await cdp.send('Memory.getDOMCounters');
  return { bytes: usedSize, nodes, listeners: jsEventListeners };
}

interface Growth {
  readonly megabytes: number;
  readonly nodes: number;
  readonly listeners: number;
  readonly resources: Record<string, { made: number; kept: number; open: number }>;
}

async function grow(lab: Lab, path: string, init: string, cycles: number): Promise<Growth> {
  const visit = await lab.visit(path, CENSUS + init);
  try {
    await visit.page.waitForFunction('window.bench');
    await visit.page.evaluate(CYCLES(WARM_UP));
    const before = await collected(visit);
    await visit.page.evaluate(CYCLES(cycles));
    const after = await collected(visit);
    return {
      megabytes: round((after.bytes - before.bytes) / 1_048_576, 2),
      nodes: after.nodes - before.nodes,
      listeners: after.listeners - before.listeners,
      resources: await visit.page.evaluate<Growth['resources']>('window.resources()'),
    };
  } finally {
    await visit.leave();
  }
}

const describeGrowth = ({ nodes, listeners, resources }: Growth): string =>
  [
    `nodes ${String(nodes)}, listeners ${String(listeners)}`,
    ...Object.entries(resources).map(
      ([name, { made, kept, open }]) => `${name} ${String(made)} made, ${String(kept)} kept, ${String(open)} open`,
    ),
  ].join('; ');

/** Takes about two minutes. */
export async function measureHeap(cycles = 200): Promise<Figure[]> {
  const [ours, open, bare] = await withLab(
    {
      sandbox: { keepCalls: 5 },
      pages: (baseUrl) => ({
        '/inline.html': ourPage(`token-url="/token" base-url="${baseUrl}"`),
        '/open.html': ourPage(`token-url="/token" base-url="${baseUrl}" open`),
        '/bare.html': barePage(baseUrl),
      }),
    },
    async (lab) =>
      [
        await grow(lab, '/inline.html', ourHandles, cycles),
        await grow(lab, '/open.html', ourHandles, cycles),
        await grow(lab, '/bare.html', '', cycles),
      ] as const,
  );
  const row = (name: string, growth: Growth, bound?: number): Figure => ({
    figure: `heap growth over ${String(cycles)} connect/close cycles, ${name}`,
    value: growth.megabytes,
    unit: 'MB',
    ...(bound === undefined ? {} : { bound }),
    note: describeGrowth(growth),
  });
  return [row('panel closed', ours, 2), row('panel open', open, 2), row('a bare RTCPeerConnection', bare)];
}
