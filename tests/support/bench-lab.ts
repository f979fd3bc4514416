/**
 * One measurement's surroundings: a sandbox, the site, a browser with a fake microphone, and visitors who come with an
 * empty cache. Owns starting and ending all of it.
 */
import { chromium } from 'playwright';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright';
import { createSandbox } from '../../src/sandbox/index.js';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/index.js';
import { startSite } from './bench-site.js';
import type { Site } from './bench-site.js';
import { chromiumLaunch } from './chromium.js';

/** How slow the world is, and what the site shows. All times in milliseconds, default 0. */
export interface LabOptions {
  /** The key endpoint. */
  readonly tokenMs?: number;
  /** The exchange of offer and answer. */
  readonly sdpMs?: number;
  /** Opening the microphone; the fake one is faster than any real one. */
  readonly microphoneMs?: number;
  /** `/voice-agent.js`. */
  readonly scriptMs?: number;
  /** Pages by path, made when the sandbox's address is known. */
  pages(baseUrl: string): Readonly<Record<string, string>>;
  readonly sandbox?: SandboxOptions;
  /** WAV that is spoken into the microphone. */
  readonly wav?: string;
  /** More browser switches. */
  readonly args?: readonly string[];
}

/** One visitor: an own context, so an empty cache and a granted microphone. */
export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly cdp: CDPSession;
  leave(): Promise<void>;
}

/** What a measurement works with. */
export interface Lab {
  readonly sandbox: Sandbox;
  readonly site: Site;
  readonly browser: Browser;
  readonly browserVersion: string;
  /** Opens a page as a new visitor; `init` runs before anything of the page. */
  visit(path: string, init?: string): Promise<Visit>;
}

/** Makes the microphone as slow as a real one: the stream is real, only later. */
const slowMicrophone = (ms: number): string => `{
  const devices = navigator.mediaDevices, open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = (constraints) =>
    Promise.all([open(constraints), new Promise((resolve) => setTimeout(resolve, ${String(ms)}))]).then(([stream]) => stream);
}`;

/** Sets everything up, runs, and takes everything down. */
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

/** Waits; measurements settle between steps. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
