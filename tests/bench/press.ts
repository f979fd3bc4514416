/**
 * Time from a real click on the launcher to an active call, compared with a bare RTCPeerConnection that already has key
 * and microphone, and with the unmodified SDK starting at the click. Real mouse input; time from the click's own
 * timestamp.
 */
import type { Page } from 'playwright';
import { barePage, ourHandles, ourPage, stockPage } from '../support/bench-pages.js';
import { bundleStockSdk } from '../support/bench-stock.js';
import { difference, ratio } from '../support/bench-figure.js';
import type { Figure } from '../support/bench-figure.js';
import { pause, withLab } from '../support/bench-lab.js';
import type { Lab } from '../support/bench-lab.js';

/** Milliseconds over the button before the press, and from mouse down to up. */
const HOVER = 300;
const PRESS = 90;

const CONTESTANTS = {
  bare: { path: '/bare.html', button: '#start', init: '' },
  stock: { path: '/stock.html', button: '#start', init: '' },
  inline: { path: '/inline.html', button: 'voice-agent [part~=launcher]', init: ourHandles },
  floating: { path: '/floating.html', button: 'voice-agent [part~=launcher]', init: ourHandles },
} as const;

/** Records the click before any other handler. */
const noteClick = `addEventListener('click', (event) => (window.clickedAt ??= event.timeStamp), true);`;

async function press(page: Page, button: string): Promise<void> {
  const box = await page.locator(button).first().boundingBox();
  if (!box) throw new Error(`No button ${button} on ${page.url()}.`);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 4 });
  await pause(HOVER);
  await page.mouse.down();
  await pause(PRESS);
  await page.mouse.up();
}

async function once(lab: Lab, name: keyof typeof CONTESTANTS): Promise<number> {
  const { path, button, init } = CONTESTANTS[name];
  const { page, leave } = await lab.visit(path, noteClick + init);
  try {
    await page.waitForFunction('window.bench');
    // All pages are idle; the bare page opens its microphone (150 ms) in this pause.
    await pause(500);
    await press(page, button);
    const took = await page.waitForFunction('window.connectedAt && window.connectedAt - window.clickedAt', null, { polling: 50 });
    const value = (await took.jsonValue()) as number;
    await page.evaluate('window.bench.close()');
    return value;
  } finally {
    await leave();
  }
}

/** Takes about 2 s per round and page. */
export async function measurePress(rounds = 18): Promise<Figure[]> {
  const stock = await bundleStockSdk();
  const options = {
    tokenMs: 100,
    sdpMs: 100,
    microphoneMs: 150,
    pages: (baseUrl: string) => ({
      '/stock.js': stock,
      '/bare.html': barePage(baseUrl),
      '/stock.html': stockPage(baseUrl),
      '/inline.html': ourPage(`token-url="/token" base-url="${baseUrl}"`),
      '/floating.html': ourPage(`token-url="/token" base-url="${baseUrl}" placement="bottom-end"`),
    }),
  };
  const times: Record<keyof typeof CONTESTANTS, number[]> = { bare: [], stock: [], inline: [], floating: [] };
  const names = Object.keys(CONTESTANTS) as (keyof typeof CONTESTANTS)[];
  await withLab(options, async (lab) => {
    for (let round = -2; round < rounds; round++) {
      for (let turn = 0; turn < names.length; turn++) {
        // Rotates which page goes first.
        const name = names[(turn + round + 2) % names.length] as keyof typeof CONTESTANTS;
        const took = await once(lab, name);
        if (round >= 0) times[name].push(took);
      }
    }
  });
  const { bare, stock: theirs, inline, floating } = times;
  return [
    difference('press → connected, inline, more than a bare connection with key and microphone ready', 45, inline, 'bare', bare),
    difference('press → connected, floating, more than the same', 45, floating, 'bare', bare),
    ratio('press → connected, inline, ratio to the unmodified SDK started at the click', 0.5, inline, 'unmodified SDK', theirs),
    ratio('press → connected, floating, ratio to the same', 0.5, floating, 'unmodified SDK', theirs),
  ];
}
