/**
 * The system's WebKitGTK, driven over WebDriver, because Playwright only starts its own builds. Owns a display and the processes
 * of one driver, which has one session with one window.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyStrokes, mouseClick } from './test-browser.js';
import type { InputSource, Point, TestBrowser, ViewportSize } from './test-browser.js';
import { VirtualDisplay } from './virtual-display.js';

const DRIVER = '/usr/bin/WebKitWebDriver';
/** Time limit of one script in the page, in milliseconds. */
const SCRIPT_TIMEOUT = 60_000;

/** GTK's settings: without a GPU, rendering animations takes much of the CPU. */
const SETTINGS = ['[Settings]', 'gtk-enable-animations=0', ''].join('\n');
/** A style sheet for MiniBrowser itself: its toolbar would limit the window to a width of at least 447 pixels. */
const NARROW_TOOLBAR = 'box * { min-width: 0; padding: 0; margin: 0; font-size: 1px; }';

/** Options of a WebKit. */
export interface WebKitOptions {
  /** Environment variables in addition to those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A TCP port of the loopback interface that is free at this moment. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Sends one WebDriver command and returns its value. */
async function command(url: string, method: 'GET' | 'POST' | 'DELETE', body?: object): Promise<unknown> {
  const response = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) });
  const { value } = (await response.json()) as { value: unknown };
  if (!response.ok) throw new Error(`${method} ${new URL(url).pathname}: ${(value as { message: string }).message}`);
  return value;
}

/** Resolves when the driver accepts commands; rejects if it ends before that. */
async function accepting(driver: ChildProcess, url: string): Promise<void> {
  let printed = '';
  driver.stderr?.on('data', (data) => (printed += String(data)));
  for (;;) {
    if (driver.exitCode !== null || driver.signalCode !== null) throw new Error(`WebKitWebDriver ended: ${printed}`);
    const ready = await command(`${url}/status`, 'GET').then(
      (status) => (status as { ready: boolean }).ready,
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Kills the driver and the browser's processes, if any are left. */
function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** One window of MiniBrowser, WebKitGTK's own test browser. */
export class WebKit implements TestBrowser {
  readonly #session: string;
  readonly #end: () => Promise<void>;

  private constructor(session: string, end: () => Promise<void>) {
    this.#session = session;
    this.#end = end;
  }

  /** Starts the system's WebKitGTK; rejects if it is not installed. */
  static async start({ env = {} }: WebKitOptions = {}): Promise<WebKit> {
    if (!existsSync(DRIVER)) throw new Error(`No WebKitGTK found at ${DRIVER}. Install it (Debian: apt-get install webkit2gtk-driver).`);
    const display = await VirtualDisplay.start();
    const profile = mkdtempSync(join(tmpdir(), 'voice-agent-webkit-'));
    const gtk = join(profile, 'config', 'gtk-3.0');
    mkdirSync(gtk, { recursive: true });
    writeFileSync(join(gtk, 'settings.ini'), SETTINGS);
    writeFileSync(join(gtk, 'gtk.css'), NARROW_TOOLBAR);
    const port = await freePort();
    // The browser's processes are in the driver's process group, and some outlive the session.
    const driver = spawn(DRIVER, [`--port=${String(port)}`], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...process.env,
        HOME: profile,
        XDG_CONFIG_HOME: join(profile, 'config'),
        XDG_RUNTIME_DIR: profile,
        GDK_BACKEND: 'x11',
        NO_AT_BRIDGE: '1',
        ...env,
        DISPLAY: display.name,
      },
    });
    const ended = new Promise((resolve) => driver.once('close', resolve));
    const end = async (): Promise<void> => {
      killGroup(driver);
      await ended;
      await display.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    };
    try {
      const url = `http://127.0.0.1:${String(port)}`;
      await accepting(driver, url);
      const capabilities = {
        browserName: 'MiniBrowser',
        'webkitgtk:browserOptions': { args: ['--automation'] },
        timeouts: { script: SCRIPT_TIMEOUT },
      };
      const made = await command(`${url}/session`, 'POST', { capabilities: { alwaysMatch: capabilities } });
      return new WebKit(`${url}/session/${(made as { sessionId: string }).sessionId}`, end);
    } catch (error) {
      await end();
      throw error;
    }
  }

  async open(url: string, size: ViewportSize): Promise<void> {
    await this.#resize(size);
    await this.#post('url', { url });
  }

  run<T, A extends unknown[]>(script: (...args: A) => T | Promise<T>, ...args: A): Promise<T> {
    return this.evaluate<T>(`(${String(script)})(...${JSON.stringify(args)})`);
  }

  async evaluate<T>(expression: string): Promise<T> {
    const script = `
      const done = arguments[0];
      (async () => JSON.stringify((await (${expression})) ?? null))().then((result) => done({ result }), (error) => done({ error: String(error) }));`;
    const { result, error } = (await this.#post('execute/async', { script, args: [] })) as { result?: string; error?: string };
    if (result === undefined) throw new Error(`In WebKit: ${error ?? 'no result'}`);
    return JSON.parse(result) as T;
  }

  async click(point: Point): Promise<void> {
    await this.#perform(mouseClick(point));
  }

  async press(...keys: string[]): Promise<void> {
    await this.#perform(keyStrokes(keys));
  }

  async screenshot(): Promise<Buffer> {
    return Buffer.from((await command(`${this.#session}/screenshot`, 'GET')) as string, 'base64');
  }

  async close(): Promise<void> {
    await command(this.#session, 'DELETE').catch(() => undefined);
    await this.#end();
  }

  /** Sizes the window so that its viewport has this size. */
  async #resize({ width, height }: ViewportSize): Promise<void> {
    // The difference between window and viewport is known only after the first resize.
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const [inner, outer] = await this.evaluate<[ViewportSize, ViewportSize]>(
        `[{ width: innerWidth, height: innerHeight }, { width: outerWidth, height: outerHeight }]`,
      );
      if (inner.width === width && inner.height === height) return;
      await this.#post('window/rect', { width: width + outer.width - inner.width, height: height + outer.height - inner.height });
    }
    throw new Error(`WebKit's viewport cannot be ${String(width)} × ${String(height)} pixels.`);
  }

  async #perform(input: InputSource): Promise<void> {
    await this.#post('actions', { actions: [input] });
  }

  #post(path: string, body: object): Promise<unknown> {
    return command(`${this.#session}/${path}`, 'POST', body);
  }
}
