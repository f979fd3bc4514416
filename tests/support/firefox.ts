/**
 * The system's Firefox, driven over WebDriver BiDi, because Playwright only starts its own builds. Owns one process
 * with a fresh profile and one tab.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { keyStrokes, mouseClick } from './test-browser.js';
import type { InputSource, Point, TestBrowser, ViewportSize } from './test-browser.js';

const SYSTEM = ['/usr/bin/firefox-esr', '/usr/bin/firefox'];

/** Options of a Firefox. */
export interface FirefoxOptions {
  /** Preferences in addition to the defaults. */
  readonly prefs?: Readonly<Record<string, boolean | number | string>>;
  /** Environment variables in addition to those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

interface Answer {
  readonly id?: number;
  readonly type: string;
  readonly message?: string;
  readonly result?: unknown;
}

/** Resolves with the URL that Firefox prints once it can be driven. */
function listening(firefox: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    firefox.stderr?.on('data', (data) => {
      printed += String(data);
      const [, address] = /WebDriver BiDi listening on (ws:\S+)/.exec(printed) ?? [];
      if (address) resolve(address);
    });
    firefox.once('error', reject);
    firefox.once('exit', (code) => reject(new Error(`Firefox ended (${String(code)}) before WebDriver was ready: ${printed}`)));
  });
}

/** One tab. */
export class Firefox implements TestBrowser {
  readonly #end: () => Promise<void>;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #last = 0;
  #context = '';

  private constructor(socket: WebSocket, end: () => Promise<void>) {
    this.#socket = socket;
    this.#end = end;
    socket.on('message', (text) => {
      const answer = JSON.parse(String(text)) as Answer;
      if (answer.id !== undefined) this.#waiting.get(answer.id)?.(answer);
    });
  }

  /** Starts the system's Firefox; rejects if there is none. */
  static async start({ prefs = {}, env = {} }: FirefoxOptions = {}): Promise<Firefox> {
    const path = SYSTEM.find((one) => existsSync(one));
    if (!path) throw new Error(`No Firefox found at ${SYSTEM.join(' or ')}. Install it (Debian: apt-get install firefox-esr).`);
    const profile = mkdtempSync(join(tmpdir(), 'voice-agent-firefox-'));
    const lines = Object.entries(prefs).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`);
    writeFileSync(join(profile, 'user.js'), lines.join('\n'));
    const child = spawn(path, ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, HOME: profile, ...env },
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const end = async (): Promise<void> => {
      child.kill();
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    };
    try {
      const socket = new WebSocket(`${await listening(child)}/session`);
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
      const firefox = new Firefox(socket, end);
      await firefox.#ask('session.new', { capabilities: {} });
      ({ context: firefox.#context } = (await firefox.#ask('browsingContext.create', { type: 'tab' })) as { context: string });
      return firefox;
    } catch (error) {
      await end();
      throw error;
    }
  }

  async open(url: string, size: ViewportSize): Promise<void> {
    await this.#ask('browsingContext.setViewport', { context: this.#context, viewport: size });
    await this.#ask('browsingContext.navigate', { context: this.#context, url, wait: 'complete' });
  }

  run<T, A extends unknown[]>(script: (...args: A) => T | Promise<T>, ...args: A): Promise<T> {
    return this.evaluate<T>(`(${String(script)})(...${JSON.stringify(args)})`);
  }

  async evaluate<T>(expression: string): Promise<T> {
    const answer = (await this.#ask('script.evaluate', {
      expression: `(async () => JSON.stringify((await ${expression}) ?? null))()`,
      target: { context: this.#context },
      awaitPromise: true,
    })) as { result?: { value: string }; exceptionDetails?: { text: string } };
    if (answer.result === undefined) throw new Error(`In Firefox: ${answer.exceptionDetails?.text ?? 'no result'}`);
    return JSON.parse(answer.result.value) as T;
  }

  async click(point: Point): Promise<void> {
    await this.#perform(mouseClick(point));
  }

  async press(...keys: string[]): Promise<void> {
    await this.#perform(keyStrokes(keys));
  }

  async screenshot(): Promise<Buffer> {
    const { data } = (await this.#ask('browsingContext.captureScreenshot', { context: this.#context })) as { data: string };
    return Buffer.from(data, 'base64');
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.#end();
  }

  async #perform(input: InputSource): Promise<void> {
    await this.#ask('input.performActions', { context: this.#context, actions: [input] });
  }

  #ask(method: string, params: object): Promise<unknown> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ type, message, result }) => {
        this.#waiting.delete(id);
        if (type === 'error') reject(new Error(`${method}: ${message ?? ''}`));
        else resolve(result);
      });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }
}
