/**
 * Runs a block as a program of its own: in Node (TypeScript by tsx) or in Python, with nothing shared but its output and
 * what the test writes to its input, line by line. Owns the processes and their files in `test-results/seeds`.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Printout } from './printout.js';

const FOLDER = fileURLToPath(new URL('../../../test-results/seeds/', import.meta.url));

/** Makes a value of each line, or nothing while a value goes on. */
type ReadLine = (line: string) => unknown;

/** A running program. */
export class Program extends Printout {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Exit code; settles once all output was read. */
  readonly ended: Promise<number | null>;
  #line = '';
  #errors = '';

  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>>, read: ReadLine) {
    super();
    this.#child = spawn(command, args, { env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.#line + text).split('\n');
      this.#line = lines.pop() ?? '';
      for (const value of lines.map(read)) if (value !== undefined) this.push(value);
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => (this.#errors += String(error)));
      this.#child.once('close', (code) => {
        this.end(`the program ended with ${String(code)} ${this.#errors}`);
        resolve(code);
      });
    });
    // A program that has ended accepts no more input; `next()` reports its end.
    this.#child.stdin.on('error', () => undefined);
  }

  /** Warnings and stack traces so far. */
  get errors(): string {
    return this.#errors;
  }

  /** Writes one line of JSON to the program's input. */
  say(event: unknown): void {
    this.#child.stdin.write(`${JSON.stringify(event)}\n`);
  }

  /** Ends its input, upon which it ends by itself. */
  async close(): Promise<number | null> {
    this.#child.stdin.end();
    return this.ended;
  }

  /** Ends the process, whatever it does. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL');
    await this.ended;
  }
}

/** Each `console.log` is a line of JSON, so that a test reads what a person would see folded up. */
const NODE_BEFORE = `console.log = (...values) => void process.stdout.write(JSON.stringify(values.length === 1 ? values[0] : values) + '\\n');\n`;

/** The code `before` and after a block in its own scope: what the test does with what the block made. */
export interface Around {
  readonly before?: string;
  readonly after?: string;
}

/** Makes a Worker of a block: its imports at the top, the rest in the handler of a request, with what the test adds after it. */
export function writeWorker(name: string, code: string, after: string): string {
  const imports = code.match(/^import [^;]*;$/gm) ?? [];
  const rest = imports.reduce((left, each) => left.replace(each, () => ''), code);
  return write(`${name}.worker.ts`, `${imports.join('\n')}\nexport default {\n  async fetch(request, env) {\n${rest}\n${after}\n  },\n};\n`);
}

/** Runs code as an ES module in Node. Imports are found as from this repository. */
export function runInNode(name: string, code: string, env: Readonly<Record<string, string>>, { before = '', after = '' }: Around = {}): Program {
  const file = write(`${name}.mts`, `${NODE_BEFORE}${before}\n${code}\n${after}`);
  return new Program(process.execPath, ['--import', 'tsx', file], { ...env, TMPDIR: process.env['TMPDIR'] ?? '/tmp' }, (line) => JSON.parse(line) as unknown);
}

/**
 * Sends what comes in by `ws`, and says goodbye at the end of the input: `ws.close()` from another thread would leave
 * `run_forever()` waiting at a closed socket for up to 10 s.
 */
const PYTHON_BEFORE = `
import sys, threading
def relay():
    for line in sys.stdin:
        ws.send(line)
    if ws.sock:
        ws.sock.send_close()
threading.Thread(target=relay, daemon=True).start()
`;

/** Runs a block that makes a \`ws\` of the package websocket-client. It prints sentences, and events as JSON. */
export function runInPython(name: string, code: string, env: Readonly<Record<string, string>>): Program {
  const file = write(`${name}.py`, `${PYTHON_BEFORE}\n${code}`);
  return new Program(pythonWithWebSockets(), ['-u', file], { ...env, PYTHONIOENCODING: 'utf-8' }, readIndented());
}

/** Reads sentences, and objects that go over several lines. */
function readIndented(): ReadLine {
  let open: string[] = [];
  return (line) => {
    if (open.length === 0 && !line.endsWith('{')) return line;
    open.push(open.length === 0 ? '{' : line);
    if (line !== '}') return undefined;
    const json = open.join('\n');
    open = [];
    return JSON.parse(json) as unknown;
  };
}

/** A Python that has the package; the system's own where another one comes first in the path. @throws where none has it */
export function pythonWithWebSockets(candidates = ['python3', '/usr/bin/python3']): string {
  const found = candidates.find((python) => spawnSync(python, ['-c', 'import websocket']).status === 0);
  if (found === undefined) throw new Error('The Python blocks need the package websocket-client: apt-get install python3-websocket.');
  return found;
}

function write(name: string, text: string): string {
  mkdirSync(FOLDER, { recursive: true });
  const file = `${FOLDER}${name}`;
  writeFileSync(file, text);
  return file;
}
