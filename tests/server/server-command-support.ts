/** Starts `voice-agent-server` as a real process in an empty folder with a separate environment. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tsx = pathToFileURL(join(root, 'node_modules/tsx/dist/esm/index.mjs')).href;

/** One process. */
export interface Command {
  /** Working directory. */
  readonly folder: string;
  readonly pid: number;
  /** Standard output so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** The parsed JSON lines of standard output. */
  readonly lines: () => Record<string, unknown>[];
  /** Resolves with the first matching line, past or future; rejects if the process ends without one. */
  line(fits: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
  /** Exit code, or the signal that ended the process. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  kill(signal: NodeJS.Signals): void;
}

export interface CommandSetup {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Working directory of an earlier command; default: a new one. */
  readonly folder?: string;
  /** Files by name, created in the working directory. */
  readonly files?: Readonly<Record<string, string>>;
  /** Shell commands that run first in the same process, such as `ulimit`. */
  readonly prepare?: string;
}

/** Starts commands; `close()` kills them and removes their folders. */
export class Commands {
  readonly #cleanUp: (() => Promise<void>)[] = [];
  readonly #program: readonly string[];

  /** @param program arguments of Node; default: the sources */
  constructor(program: readonly string[] = ['--import', tsx, join(root, 'src/server/cli.ts')]) {
    this.#program = program;
  }

  async start({ args = [], env = {}, files = {}, folder: given, prepare }: CommandSetup = {}): Promise<Command> {
    const folder = given ?? (await mkdtemp(join(tmpdir(), 'voice-agent-server-')));
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const command = [process.execPath, ...this.#program, ...args] as const;
    const [program, ...rest] = prepare === undefined ? command : (['sh', '-c', `${prepare}; exec "$0" "$@"`, ...command] as const);
    const child = spawn(program, rest, {
      cwd: folder,
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    const heard = new Set<() => void>();
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      for (const listener of [...heard]) listener();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = new Promise<number | NodeJS.Signals | null>((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
    this.#cleanUp.push(async () => {
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    });
    const lines = (): Record<string, unknown>[] =>
      stdout
        .split('\n')
        .slice(0, -1)
        .filter((text) => text.startsWith('{"'))
        .map((text) => JSON.parse(text) as Record<string, unknown>);
    return {
      folder,
      pid: child.pid ?? 0,
      stdout: () => stdout,
      stderr: () => stderr,
      lines,
      line: (fits) =>
        new Promise((resolve, reject) => {
          const look = (): void => {
            const found = lines().find(fits);
            if (found) {
              heard.delete(look);
              resolve(found);
            }
          };
          heard.add(look);
          look();
          void ended.then((code) => reject(new Error(`ended with ${String(code)} before: ${stderr}`)));
        }),
      ended,
      kill: (signal) => void child.kill(signal),
    };
  }

  /** Runs a command that ends by itself. */
  async run(setup: CommandSetup): Promise<{ code: number | NodeJS.Signals | null; stdout: string; stderr: string }> {
    const command = await this.start(setup);
    return { code: await command.ended, stdout: command.stdout(), stderr: command.stderr() };
  }

  async close(): Promise<void> {
    for (const end of this.#cleanUp.splice(0)) await end();
  }
}

/** Returns the URL on which the command listens. */
export const urlOf = async (command: Command): Promise<string> => String((await command.line(({ msg }) => msg === 'listening'))['url']);
