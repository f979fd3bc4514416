/**
 * Calls from the built examples: starts each one with the commands of its README on free ports, opens it in Chromium, presses the
 * launcher and talks to the sandbox. `examples-calls.ts FOLDER`: the copies that `examples-check.sh` installed and built.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { chromium, expect } from '@playwright/test';
import type { Page } from '@playwright/test';
import { createSandbox } from '../src/sandbox/index.js';
import { chromiumLaunch } from '../tests/support/chromium.js';

/** Which ports an example's files name, how its page is served, and what its page does in a call. */
interface Example {
  readonly pagePort: string;
  /** Files that name the ports. */
  readonly files?: readonly string[];
  /** Serves the page on this port. */
  readonly serve: (port: string) => string;
  /** A page with `token-url` connects to the API itself, so its element gets the sandbox's address. */
  readonly keyInPage?: boolean;
  readonly during?: (page: Page) => Promise<void>;
}

const vite = {
  pagePort: '5173',
  files: ['voice-agent.config.json', 'vite.config.ts'],
  serve: (port: string) => `vite preview --strictPort --port ${port}`,
};
const examples: Readonly<Record<string, Example>> = {
  'plain-page': {
    pagePort: '3000',
    files: ['voice-agent.config.json', 'public/index.html'],
    serve: (port) => `sirv public --dev --port ${port}`,
    keyInPage: true,
  },
  react: {
    ...vite,
    during: async (page) => {
      await usesTool(page);
      await page.getByRole('button', { name: 'Hide the panel' }).click();
      await expect(agentOf(page)).toHaveJSProperty('open', false);
      await page.getByRole('button', { name: 'Show the panel' }).click();
      await expect(agentOf(page)).toHaveJSProperty('open', true);
    },
  },
  vue: {
    ...vite,
    during: async (page) => {
      await expect(page.getByLabel('Show the panel')).toBeChecked();
      await expect(page.getByLabel('Mute the microphone')).toBeChecked();
      await usesTool(page);
      await page.getByLabel('Show the panel').uncheck();
      await expect(agentOf(page)).toHaveJSProperty('open', false);
    },
  },
  express: { pagePort: '3000', serve: () => 'node server.js' },
  next: { pagePort: '3000', serve: (port) => `next start --port ${port}`, keyInPage: true },
};

const agentOf = (page: Page) => page.locator('voice-agent');

/** The agent calls the page's tool, which changes the state of the app. */
async function usesTool(page: Page): Promise<void> {
  await agentOf(page).getByRole('textbox', { name: 'Message' }).fill('call set_colour with {"colour":"gold"}');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toHaveCSS('background-color', 'rgb(255, 215, 0)');
  await expect(page.getByRole('listitem').filter({ hasText: 'set_colour' }).first()).toBeVisible();
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return String(port);
}

/** Waits until the address answers. */
async function answers(url: string, by: ChildProcess): Promise<void> {
  const status = (): Promise<unknown> => {
    if (by.exitCode !== null) throw new Error(`${by.spawnargs.join(' ')} ends with ${String(by.exitCode)}`);
    return fetch(url).then(
      (response) => response.status,
      () => 'no answer',
    );
  };
  await expect.poll(status, { message: url, timeout: 60_000 }).toBe(200);
}

async function callFrom(name: string, example: Example, folder: string, sandboxUrl: string, page: Page): Promise<void> {
  const [pagePort, voicePort] = [await freePort(), await freePort()];
  for (const file of example.files ?? []) {
    const text = readFileSync(join(folder, file), 'utf8');
    writeFileSync(join(folder, file), text.replaceAll(`:${example.pagePort}`, `:${pagePort}`).replaceAll(':8787', `:${voicePort}`));
  }
  const origin = `http://localhost:${pagePort}`;
  const PATH = `${join(folder, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`;
  const environment = { ...process.env, PATH, OPENAI_API_KEY: 'sk-sandbox', OPENAI_BASE_URL: sandboxUrl, SITE_ORIGIN: origin };
  const running: ChildProcess[] = [];
  const start = (command: string, port: string): ChildProcess => {
    // Its own process group, because some of these commands start further processes.
    const [program = '', ...options] = command.split(' ');
    const child = spawn(program, options, {
      cwd: folder,
      env: { ...environment, PORT: port },
      stdio: ['ignore', 'ignore', 'inherit'],
      detached: true,
    });
    running.push(child);
    return child;
  };
  try {
    if (existsSync(join(folder, 'voice-agent.config.json'))) {
      await answers(`http://127.0.0.1:${voicePort}/healthz`, start('voice-agent-server', voicePort));
    }
    await answers(origin, start(example.serve(pagePort), pagePort));
    await page.goto(origin);
    const agent = agentOf(page);
    await expect(agent).toHaveJSProperty('state', 'idle');
    if (example.keyInPage)
      await agent.evaluate((element: HTMLElementTagNameMap['voice-agent'], url) => (element.baseUrl = url), sandboxUrl);
    await agent.getByRole('button', { name: /Ask Ada/ }).click();
    await expect(agent).toHaveJSProperty('state', 'connected', { timeout: 30_000 });
    if (name !== 'express') await expect(page.locator('output')).toHaveText('connected');
    // The browser's imitated microphone beeps.
    await agent.evaluate((element: HTMLElementTagNameMap['voice-agent']) => element.mute());
    await example.during?.(page);
    await agent.evaluate((element: HTMLElementTagNameMap['voice-agent']) => element.close());
    await expect(agent).toHaveJSProperty('state', 'disconnected');
  } finally {
    for (const child of running) {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    }
  }
}

const folder = resolve(process.argv[2] ?? '');
const sandbox = await createSandbox({ mediaHosts: ['127.0.0.1'] });
const browser = await chromium.launch(chromiumLaunch());
try {
  for (const [name, example] of Object.entries(examples)) {
    if (!existsSync(join(folder, name))) throw new Error(`${name} is not in ${folder}`);
    const started = Date.now();
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await callFrom(name, example, join(folder, name), sandbox.url, page);
    expect(errors, `errors of the page of src/examples/${name}`).toEqual([]);
    await page.close();
    console.log(`src/examples/${name} makes a call (${String(Math.round((Date.now() - started) / 1000))} s)`);
  }
} finally {
  await browser.close();
  await sandbox.close();
}
