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

const SYSTEM = ['/usr/bin/firefox-esr', '/usr/bin/firefox'];

/** Options of a Firefox. */
export interface FirefoxOptions {
  /** Preferences in addition to the defaults. */
  readonly prefs?: Readonly<Record<string, boolean | number | string>>;
  /** Environment variables in addition to those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Keys by name, encoded for WebDriver. */
const KEYS: Readonly<Record<string, string>> = { Tab: '\uE004', Enter: '\uE007', Space: ' ' };
const SHIFT = '\uE008';

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
export class Firefox {
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

  /** Opens a page in a viewport of this size and waits until it has loaded. */
  async open(url: string, size: { readonly width: number; readonly height: number }): Promise<void> {
    await this.#ask('browsingContext.setViewport', { context: this.#context, viewport: size });
    await this.#ask('browsingContext.navigate', { context: this.#context, url, wait: 'complete' });
  }

  /** Runs a self-contained function in the page; its result is serialised as JSON. */
  run<T, A extends unknown[]>(script: (...args: A) => T | Promise<T>, ...args: A): Promise<T> {
    return this.evaluate<T>(`(${String(script)})(...${JSON.stringify(args)})`);
  }

  /** Evaluates an expression in the page; its result is serialised as JSON. */
  async evaluate<T>(expression: string): Promise<T> {
    const answer = (await this.#ask('script.evaluate', {
      expression: `(async () => JSON.stringify((await ${expression}) ?? null))()`,
      target: { context: this.#context },
      awaitPromise: true,
    })) as { result?: { value: string }; exceptionDetails?: { text: string } };
    if (answer.result === undefined) throw new Error(`In Firefox: ${answer.exceptionDetails?.text ?? 'no result'}`);
    return JSON.parse(answer.result.value) as T;
  }

  /** Presses and releases the mouse at a point of the viewport. */
  async click({ x, y }: { readonly x: number; readonly y: number }): Promise<void> {
    const actions = [
      { type: 'pointerMove', x: Math.round(x), y: Math.round(y) },
      { type: 'pointerDown', button: 0 },
      { type: 'pointerUp', button: 0 },
    ];
    await this.#ask('input.performActions', { context: this.#context, actions: [{ type: 'pointer', id: 'mouse', actions }] });
  }

  /** Presses keys by name (Tab, Shift+Tab, Enter, Space), or types the characters of a text. */
  async press(...keys: string[]): Promise<void> {
    const stroke = (value = ''): object[] => [
      { type: 'keyDown', value },
      { type: 'keyUp', value },
    ];
    const [down, up] = stroke(SHIFT);
    const actions = keys.flatMap((key) =>
      key === 'Shift+Tab' ? [down, ...stroke(KEYS['Tab']), up] : (key in KEYS ? [KEYS[key]] : [...key]).flatMap(stroke),
    );
    await this.#ask('input.performActions', { context: this.#context, actions: [{ type: 'key', id: 'keyboard', actions }] });
  }

  /** A screenshot of the viewport as PNG. */
  async screenshot(): Promise<Buffer> {
    const { data } = (await this.#ask('browsingContext.captureScreenshot', { context: this.#context })) as { data: string };
    return Buffer.from(data, 'base64');
  }

  /** Closes the browser and removes its profile. */
  async close(): Promise<void> {
    this.#socket.close();
    await this.#end();
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
