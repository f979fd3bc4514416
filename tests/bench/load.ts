/**
 * What the widget costs a page that nobody talks on: script time, blocking time and layout shift of the load, at a
 * quarter of this machine's speed. The page has the script tag and the element, nothing else.
 */
import type { CDPSession } from 'playwright';
import { emptyPage, ourPage } from '../support/bench-pages.js';
import type { Figure } from '../support/bench-figure.js';
import { pause, withLab } from '../support/bench-lab.js';
import type { Lab, LabOptions } from '../support/bench-lab.js';
import { median, round, summarise } from '../support/bench-statistics.js';

const SLOWDOWN = 4;
/** Events of a trace that are JavaScript being compiled or run; nested ones are counted once. */
const SCRIPT_EVENTS = new Set(['v8.compile', 'v8.compileModule', 'v8.evaluateModule', 'EvaluateScript', 'FunctionCall', 'RunMicrotasks', 'V8.GC_SCAVENGER', 'MinorGC', 'MajorGC', 'TimerFire', 'FireAnimationFrame', 'FireIdleCallback']);

const OBSERVE = `
window.shift = 0;
window.blocked = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({ type: 'layout-shift', buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.blocked += Math.max(0, entry.duration - 50);
}).observe({ type: 'longtask', buffered: true });
`;

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  args?: { name?: string };
}

interface Load {
  readonly script: number;
  readonly blocked: number;
  readonly shift: number;
  /** Requests besides the page. */
  readonly requests: number;
}

/** Milliseconds of JavaScript on the busiest main thread of a renderer in a trace. */
function scriptTime(events: readonly TraceEvent[]): number {
  const mains = events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain');
  const times = mains.map(({ pid, tid }) => {
    const spans = events
      .filter((event) => event.pid === pid && event.tid === tid && event.ph === 'X' && SCRIPT_EVENTS.has(event.name))
      .sort((a, b) => a.ts - b.ts);
    let end = 0;
    let sum = 0;
    for (const { ts, dur = 0 } of spans) {
      sum += Math.max(0, ts + dur - Math.max(ts, end));
      end = Math.max(end, ts + dur);
    }
    return sum / 1000;
  });
  return Math.max(0, ...times);
}

async function traced(cdp: CDPSession, run: () => Promise<unknown>): Promise<TraceEvent[]> {
  const events: TraceEvent[] = [];
  cdp.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  const complete = new Promise((resolve) => cdp.once('Tracing.tracingComplete', resolve));
  await cdp.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['devtools.timeline', 'v8'] } });
  await run();
  await cdp.send('Tracing.end');
  await complete;
  return events;
}

const PAGES = { empty: '/empty.html', inline: '/inline.html', floating: '/floating.html' } as const;
type PageName = keyof typeof PAGES;

async function load(lab: Lab, path: string): Promise<Load> {
  // A navigation may move to a process that is slowed down only after its scripts ran. A slowed page of the same site, whose
  // process all its pages share, is slow from the first byte. It has text, so that the first use of a font, some 60 ms that
  // any page costs, is not taken for the widget's.
  const { context, cdp: anchor, leave } = await lab.visit(PAGES.empty, OBSERVE);
  try {
    await anchor.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
    const page = await context.newPage();
    await page.goto(`${lab.site.origin}/blank.html`);
    const cdp = await context.newCDPSession(page);
    const events = await traced(cdp, async () => {
      await page.goto(`${lab.site.origin}${path}`, { waitUntil: 'load' });
      await pause(700);
    });
    const measured = await page.evaluate(`({
      blocked: window.blocked, shift: window.shift,
      requests: performance.getEntriesByType('resource').filter(({ name }) => !name.startsWith('data:')).length,
    })`);
    return { ...(measured as Omit<Load, 'script'>), script: scriptTime(events) };
  } finally {
    await leave();
  }
}

const options: LabOptions = {
  args: ['--process-per-site'],
  pages: (baseUrl) => ({
    '/blank.html': '<!doctype html><title>Blank</title>',
    '/empty.html': emptyPage,
    '/inline.html': ourPage(`token-url="/token" base-url="${baseUrl}"`),
    '/floating.html': ourPage(`token-url="/token" base-url="${baseUrl}" placement="bottom-end"`),
  }),
};

/** Takes about 1.5 s per round and page. */
export async function measureLoad(rounds = 15): Promise<Figure[]> {
  const loads: Record<PageName, Load[]> = { empty: [], inline: [], floating: [] };
  await withLab(options, async (lab) => {
    for (let round = -1; round < rounds; round++) {
      for (const name of Object.keys(PAGES) as PageName[]) {
        const measured = await load(lab, PAGES[name]);
        if (round >= 0) loads[name].push(measured);
      }
    }
  });
  const late = await withLab({ ...options, scriptMs: 500 }, async (lab) => {
    const shifts: number[] = [];
    for (let round = 0; round < 3; round++) shifts.push((await load(lab, PAGES.inline)).shift);
    return median(shifts);
  });
  const rows = (['inline', 'floating'] as const).flatMap((name): Figure[] => {
    const of = (what: keyof Load): number[] => loads[name].map((one) => one[what]);
    const requests = Math.max(...of('requests'));
    return [
      {
        figure: `load at 4× CPU, ${name}: script`,
        value: round(median(of('script'))),
        unit: 'ms',
        bound: 15,
        sample: summarise(of('script')),
        baseline: { name: 'empty page', sample: summarise(loads.empty.map(({ script }) => script)) },
        note: `${String(requests)} requests besides the page`,
      },
      { figure: `load at 4× CPU, ${name}: total blocking time`, value: round(median(of('blocked'))), unit: 'ms', bound: 0, sample: summarise(of('blocked')), baseline: { name: 'empty page', sample: summarise(loads.empty.map(({ blocked }) => blocked)) } },
      { figure: `load at 4× CPU, ${name}: layout shift`, value: round(median(of('shift')), 4), unit: '', bound: 0, sample: summarise(of('shift')) },
    ];
  });
  return [...rows, { figure: 'load, inline, script 500 ms late: layout shift', value: round(late, 4), unit: '', note: 'n = 3; the page is painted before it knows the element' }];
}
