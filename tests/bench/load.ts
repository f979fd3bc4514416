/**
 * The cost of the widget on a page without a call: script time, blocking time and layout shift while loading, at a
 * quarter of this machine's speed, compared with a page with a hello-world Lit element. The page contains only the
 * script tag and the element.
 */
import type { CDPSession } from 'playwright';
import { ratio } from '../support/bench-figure.js';
import type { Figure } from '../support/bench-figure.js';
import { emptyPage, ourPage } from '../support/bench-pages.js';
import { bundleHelloLit, helloPage } from '../support/bench-plain.js';
import { pause, withLab } from '../support/bench-lab.js';
import type { Lab, LabOptions } from '../support/bench-lab.js';
import { median, round, summarise } from '../support/bench-statistics.js';

const SLOWDOWN = 4;
/** Milliseconds until a new page's process is idle. */
const SETTLE = 600;

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

interface Load {
  readonly script: number;
  readonly blocked: number;
  readonly shift: number;
  /** Requests in addition to the page. */
  readonly requests: number;
}

/** Milliseconds of JavaScript in a page's process so far, including compilation. Not traced: tracing costs as much again. */
async function scriptTime(cdp: CDPSession): Promise<number> {
  const { metrics } = await cdp.send('Performance.getMetrics');
  return 1000 * (metrics.find(({ name }) => name === 'ScriptDuration')?.value ?? NaN);
}

const PAGES = { empty: '/empty.html', hello: '/hello.html', inline: '/inline.html', floating: '/floating.html' } as const;
type PageName = keyof typeof PAGES;

async function load(lab: Lab, path: string): Promise<Load> {
  // A navigation may switch to a process that is throttled only after its scripts ran. A throttled page of the same site, which
  // shares its process with all of the site's pages, is slow from the first byte. It contains text, so that the first use of a
  // font (about 60 ms on any page) is not attributed to the widget.
  const { context, cdp: anchor, leave } = await lab.visit(PAGES.empty, OBSERVE);
  try {
    await anchor.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
    const page = await context.newPage();
    await page.goto(`${lab.site.origin}/blank.html`);
    const cdp = await context.newCDPSession(page);
    await cdp.send('Performance.enable', { timeDomain: 'timeTicks' });
    await pause(SETTLE);
    const before = await scriptTime(cdp);
    await page.goto(`${lab.site.origin}${path}`, { waitUntil: 'load' });
    await pause(SETTLE);
    const script = (await scriptTime(cdp)) - before;
    const measured = await page.evaluate(`({
      blocked: window.blocked, shift: window.shift,
      requests: performance.getEntriesByType('resource').filter(({ name }) => !name.startsWith('data:')).length,
    })`);
    return { ...(measured as Omit<Load, 'script'>), script };
  } finally {
    await leave();
  }
}

const options = (hello: string): LabOptions => ({
  args: ['--process-per-site'],
  pages: (baseUrl) => ({
    '/blank.html': '<!doctype html><title>Blank</title>',
    '/empty.html': emptyPage,
    '/hello.html': helloPage,
    '/hello.js': hello,
    '/inline.html': ourPage(`token-url="/token" base-url="${baseUrl}"`),
    '/floating.html': ourPage(`token-url="/token" base-url="${baseUrl}" placement="bottom-end"`),
  }),
});

/** Takes about 1.5 s per round and page. */
export async function measureLoad(rounds = 15): Promise<Figure[]> {
  const lab = options(await bundleHelloLit());
  const loads: Record<PageName, Load[]> = { empty: [], hello: [], inline: [], floating: [] };
  const names = Object.keys(PAGES) as PageName[];
  await withLab(lab, async (running) => {
    for (let round = -1; round < rounds; round++) {
      for (const name of names) {
        const measured = await load(running, PAGES[name]);
        if (round >= 0) loads[name].push(measured);
      }
    }
  });
  const late = await withLab({ ...lab, scriptMs: 500 }, async (running) => {
    const shifts: number[] = [];
    for (let round = 0; round < 3; round++) shifts.push((await load(running, PAGES.inline)).shift);
    return median(shifts);
  });
  const of = (name: PageName, what: keyof Load): number[] => loads[name].map((one) => one[what]);
  const rows = (['inline', 'floating'] as const).flatMap((name): Figure[] => {
    const requests = Math.max(...of(name, 'requests'));
    return [
      {
        ...ratio(
          `load at 4× CPU, ${name}: script time, ratio to a hello-world Lit element`,
          1.15,
          of(name, 'script'),
          'hello-world Lit element',
          of('hello', 'script'),
        ),
        note: `ms; empty page ${String(round(median(of('empty', 'script'))))}; ${String(requests)} requests in addition to the page`,
      },
      {
        ...ratio(
          `load at 4× CPU, ${name}: blocking time, ratio to the same`,
          1,
          of(name, 'blocked'),
          'hello-world Lit element',
          of('hello', 'blocked'),
        ),
        note: `ms; empty page ${String(round(median(of('empty', 'blocked'))))}`,
      },
      {
        figure: `load at 4× CPU, ${name}: layout shift`,
        value: round(median(of(name, 'shift')), 4),
        unit: '',
        bound: 0,
        sample: summarise(of(name, 'shift')),
      },
    ];
  });
  return [
    ...rows,
    {
      figure: 'load, inline, script 500 ms late: layout shift',
      value: round(late, 4),
      unit: '',
      note: 'n = 3; the page is painted before the element is defined',
    },
  ];
}
