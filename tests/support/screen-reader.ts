/**
 * Orca, the screen reader of the Linux desktop, next to a Chromium with a window. Owns a display, a message bus and
 * Orca, and reads from Orca's log what it speaks. No audio is played.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualDisplay } from './virtual-display.js';

const PROGRAMS = { Xvfb: 'xvfb', 'dbus-daemon': 'dbus', orca: 'orca' };
const NEEDED = [
  ...Object.entries(PROGRAMS).map(([name, part]) => [`/usr/bin/${name}`, part] as const),
  ['/usr/libexec/at-spi-bus-launcher', 'at-spi2-core'] as const,
];

/**
 * Orca's customisation file. It disables the speech synthesiser, so that none has to be installed, and writes each line
 * of the log at once: a full buffer would keep the last spoken lines until the next event.
 */
const CUSTOMISATION = `
from orca import debug, speechdispatcherfactory, speechserver
debug.debugFile.reconfigure(line_buffering=True)
silent = speechserver.SpeechServer()
speechdispatcherfactory.SpeechServer.getSpeechServer = staticmethod(lambda info=None: silent)
speechdispatcherfactory.SpeechServer.shutdownActiveServers = staticmethod(lambda: None)
`;

/** A running Orca. */
export class ScreenReader {
  /** Environment variables that a browser needs to be read by Orca. */
  readonly env: Readonly<Record<string, string>>;
  readonly #log: string;
  readonly #end: () => Promise<void>;

  private constructor(env: Record<string, string>, log: string, end: () => Promise<void>) {
    this.env = env;
    this.#log = log;
    this.#end = end;
  }

  /** Starts display, bus and Orca; rejects if one is not installed. */
  static async start(): Promise<ScreenReader> {
    const missing = NEEDED.filter(([path]) => !existsSync(path)).map(([, part]) => part);
    if (missing.length > 0)
      throw new Error(`Programs for the screen reader are missing. Install them (Debian: apt-get install ${missing.join(' ')}).`);
    const folder = mkdtempSync(join(tmpdir(), 'voice-agent-orca-'));
    let display: VirtualDisplay | undefined;
    const children: { child: ChildProcess; ended: Promise<void> }[] = [];
    const end = async (): Promise<void> => {
      for (const { child, ended } of children.reverse()) {
        child.kill('SIGKILL');
        await ended;
      }
      await display?.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    };
    const env: Record<string, string> = {
      HOME: folder,
      XDG_RUNTIME_DIR: folder,
      XDG_CONFIG_HOME: join(folder, 'config'),
      XDG_DATA_HOME: join(folder, 'data'),
    };
    /** Starts a program; resolves with the first line of its standard output. */
    const start = (program: string, args: string[]): Promise<string> => {
      const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
      const ended = new Promise<void>((resolve) =>
        child.once('exit', () => {
          resolve();
        }),
      );
      children.push({ child, ended });
      let errors = '';
      child.stderr.on('data', (data) => (errors += String(data)));
      return new Promise((resolve, reject) => {
        child.stdout.once('data', (data) => {
          resolve(String(data).trim());
        });
        void ended.then(() => {
          reject(new Error(`${program} ended: ${errors}`));
        });
      });
    };
    try {
      display = await VirtualDisplay.start();
      env['DISPLAY'] = display.name;
      env['DBUS_SESSION_BUS_ADDRESS'] = await start('/usr/bin/dbus-daemon', ['--session', '--nofork', '--print-address=1']);
      const log = join(folder, 'orca.log');
      writeFileSync(log, '');
      mkdirSync(join(folder, 'prefs'));
      writeFileSync(join(folder, 'prefs', 'orca-customizations.py'), CUSTOMISATION);
      const failed = start('/usr/bin/orca', ['--replace', '--debug-file', log, '--user-prefs', join(folder, 'prefs')]);
      const reader = new ScreenReader(env, log, end);
      await Promise.race([failed, reader.#listens()]);
      return reader;
    } catch (error) {
      await end();
      throw error;
    }
  }

  /** Everything spoken so far, oldest first. */
  get spoken(): string[] {
    return [...readFileSync(this.#log, 'utf8').matchAll(/SPEECH OUTPUT: '(.*?)'(?: voice=\w+)?(?:\{.*\}|None)?$/gmu)]
      .map(([, words = '']) => words.trim())
      .filter(Boolean);
  }

  async close(): Promise<void> {
    await this.#end();
  }

  /** Resolves when Orca has registered its listeners. */
  async #listens(): Promise<void> {
    while (!readFileSync(this.#log, 'utf8').includes('SCRIPT MANAGER: Activated')) await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
