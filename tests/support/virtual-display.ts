/** A display without a screen, for browsers that need a window. Owns one Xvfb. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

const PROGRAM = '/usr/bin/Xvfb';

/** A running display. */
export class VirtualDisplay {
  /** Its name, for the environment variable `DISPLAY`. */
  readonly name: string;
  readonly #end: () => Promise<void>;

  private constructor(name: string, end: () => Promise<void>) {
    this.name = name;
    this.#end = end;
  }

  /** Starts Xvfb with a screen of 1280 × 900 pixels; rejects if it is not installed. */
  static async start(): Promise<VirtualDisplay> {
    if (!existsSync(PROGRAM)) throw new Error(`No Xvfb found at ${PROGRAM}. Install it (Debian: apt-get install xvfb).`);
    const child = spawn(PROGRAM, ['-displayfd', '1', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (data) => (errors += String(data)));
    const ended = new Promise<void>((resolve) =>
      child.once('exit', () => {
        resolve();
      }),
    );
    const number = await new Promise<string>((resolve, reject) => {
      child.stdout.once('data', (data) => {
        resolve(String(data).trim());
      });
      void ended.then(() => {
        reject(new Error(`Xvfb ended: ${errors}`));
      });
    });
    return new VirtualDisplay(`:${number}`, async () => {
      child.kill('SIGKILL');
      await ended;
    });
  }

  async close(): Promise<void> {
    await this.#end();
  }
}
