/**
 * The environment of one measurement: a sandbox, the site, a browser with a fake microphone, and visitors with an empty
 * cache. Owns starting and stopping all of it.
 */
import { chromium } from 'playwright';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright';
import { createSandbox } from '../../src/sandbox/index.js';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/index.js';
import { startSite } from './bench-site.js';
import type { Site } from './bench-site.js';
import { chromiumLaunch } from './chromium.js';

/** Simulated delays, and the site's content. All times in milliseconds, default 0. */
export interface LabOptions {
  /** Delay of the key endpoint. */
  readonly tokenMs?: number;
  /** Delay of the offer/answer exchange. */
  readonly sdpMs?: number;
  /** Delay of opening the microphone; the fake one is faster than a real one. */
  readonly microphoneMs?: number;
  /** Delay of `/voice-agent.js`. */
  readonly scriptMs?: number;
  /** Pages by path, created once the sandbox's URL is known. */
  pages(baseUrl: string): Readonly<Record<string, string>>;
  readonly sandbox?: SandboxOptions;
  /** WAV file played into the microphone. */
  readonly wav?: string;
  /** Additional browser switches. */
  readonly args?: readonly string[];
}

/** One visitor: a separate context with an empty cache and microphone permission. */
export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly cdp: CDPSession;
  leave(): Promise<void>;
}

/** The parts that a measurement works with. */
export interface Lab {
  readonly sandbox: Sandbox;
  readonly site: Site;
  readonly browser: Browser;
  readonly browserVersion: string;
  /** Opens a page as a new visitor; `init` runs before any script of the page. */
  visit(path: string, init?: string): Promise<Visit>;
}

/** Makes the microphone as slow as a real one: the stream is unchanged, only delayed. */
const slowMicrophone = (ms: number): string => `{
  const devices = navigator.mediaDevices, open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = (constraints) =>
    Promise.all([open(constraints), new Promise((resolve) => setTimeout(resolve, ${String(ms)}))]).then(([stream]) => stream);
}`;

/** Sets everything up, runs the measurement and tears everything down. */
export async function withLab<T>(options: LabOptions, run: (lab: Lab) => Promise<T>): Promise<T> {
  const delay = options.sdpMs ? [{ at: 'calls' as const, fault: 'delay' as const, ms: options.sdpMs }] : [];
  const script = options.sandbox?.script ?? {};
  const sandbox = await createSandbox({
    keepSeconds: 1,
    mediaHosts: ['127.0.0.1'],
    ...options.sandbox,
    script: { ...script, faults: [...(script.faults ?? []), ...delay] },
  });
  const site = await startSite({
    mint: () => {
      const { value, expiresAt } = sandbox.mintKey();
      return { value, expires_at: expiresAt };
    },
    tokenMs: options.tokenMs ?? 0,
    scriptMs: options.scriptMs ?? 0,
    files: options.pages(sandbox.url),
  });
  const launch = chromiumLaunch({ permission: 'ask', ...(options.wav ? { wav: options.wav } : {}) });
  const browser = await chromium.launch({ ...launch, args: [...launch.args, ...(options.args ?? [])] });
  const visit = async (path: string, init?: string): Promise<Visit> => {
    const context = await browser.newContext({ permissions: ['microphone'] });
    if (options.microphoneMs) await context.addInitScript(slowMicrophone(options.microphoneMs));
    if (init) await context.addInitScript(init);
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    await page.goto(`${site.origin}${path}`, { waitUntil: 'load' });
    return { page, context, cdp, leave: () => context.close() };
  };
  try {
    return await run({ sandbox, site, browser, browserVersion: browser.version(), visit });
  } finally {
    await browser.close();
    await site.close();
    await sandbox.close();
  }
}

/** Waits; measurements use it to settle between steps. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
