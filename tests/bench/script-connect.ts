/**
 * `connect()` called by a page's script without warm-up, compared with the unmodified SDK's `connect()` with its code
 * already loaded. Once with an empty cache (the bound), once with the files in the HTTP cache.
 */
import { ourHandles, ourPage, stockPage } from '../support/bench-pages.js';
import { bundleStockSdk } from '../support/bench-stock.js';
import { ratio } from '../support/bench-figure.js';
import type { Figure } from '../support/bench-figure.js';
import { pause, withLab } from '../support/bench-lab.js';
import type { Lab } from '../support/bench-lab.js';

const CONTESTANTS = {
  stock: { path: '/stock.html', warm: false, init: '' },
  cold: { path: '/inline.html', warm: false, init: ourHandles },
  warm: { path: '/inline.html', warm: true, init: ourHandles },
} as const;

const TIMED = `(async () => {
  const begun = performance.now();
  await window.bench.connect();
  return performance.now() - begun;
})()`;

async function once(lab: Lab, name: keyof typeof CONTESTANTS): Promise<number> {
  const { path, warm, init } = CONTESTANTS[name];
  const { page, leave } = await lab.visit(path, init);
  try {
    await page.waitForFunction('window.bench');
    if (warm) {
      await page.evaluate(TIMED);
      await page.evaluate('window.bench.close()');
      await page.goto(page.url(), { waitUntil: 'load' });
      await page.waitForFunction('window.bench');
    }
    await pause(300);
    const took = await page.evaluate<number>(TIMED);
    await page.evaluate('window.bench.close()');
    return took;
  } finally {
    await leave();
  }
}

/** Takes about 4 s per round. */
export async function measureScriptConnect(rounds = 18): Promise<Figure[]> {
  const stock = await bundleStockSdk();
  const times: Record<keyof typeof CONTESTANTS, number[]> = { stock: [], cold: [], warm: [] };
  const names = Object.keys(CONTESTANTS) as (keyof typeof CONTESTANTS)[];
  const options = {
    tokenMs: 100,
    sdpMs: 100,
    microphoneMs: 150,
    pages: (baseUrl: string) => ({
      '/stock.js': stock,
      '/stock.html': stockPage(baseUrl),
      '/inline.html': ourPage(`token-url="/token" base-url="${baseUrl}"`),
    }),
  };
  await withLab(options, async (lab) => {
    for (let round = -2; round < rounds; round++) {
      for (let turn = 0; turn < names.length; turn++) {
        const name = names[(turn + round + 2) % names.length] as keyof typeof CONTESTANTS;
        const took = await once(lab, name);
        if (round >= 0) times[name].push(took);
      }
    }
  });
  return [
    ratio('connect() by script, no warm-up, no cache, ratio to the unmodified SDK', 0.65, times.cold, 'unmodified SDK', times.stock),
    ratio(
      'connect() by script, files in the HTTP cache, ratio to the unmodified SDK',
      undefined,
      times.warm,
      'unmodified SDK',
      times.stock,
    ),
  ];
}
