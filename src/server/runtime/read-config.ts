/**
 * Finds and reads a config file. TypeScript goes through Node's own type stripping where Node has it, else through `jiti`,
 * which is optional: a file in JavaScript or JSON needs neither. Does not look into what it read.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installCommand, packageProblem, unloadable } from '../../packages/optional-packages.js';

/** Looked for in this order in the working directory. */
export const CONFIG_FILES = ['voice-agent.config.ts', 'voice-agent.config.mjs', 'voice-agent.config.js', 'voice-agent.config.json'] as const;

/** The file is not there, or cannot be read as what its name says. */
export class ConfigFileError extends Error {
  override readonly name = 'ConfigFileError';
}

/** What was read, and from where. */
export interface ConfigFile {
  /** Absolute; `undefined`: there is no file. */
  readonly path: string | undefined;
  readonly content: unknown;
}

/**
 * Reads the named file, or the first of `CONFIG_FILES` that is there; `{}` where there is none.
 *
 * @throws ConfigFileError
 */
export async function readConfig(named: string | undefined, folder: string): Promise<ConfigFile> {
  const path = named === undefined ? CONFIG_FILES.map((name) => resolve(folder, name)).find((file) => existsSync(file)) : resolve(folder, named);
  if (path === undefined) return { path, content: {} };
  if (!existsSync(path)) throw new ConfigFileError(`There is no file ${path}.`);
  switch (extname(path)) {
    case '.json':
      return { path, content: parseJson(await readFile(path, 'utf8'), path) };
    case '.js':
    case '.mjs':
      return { path, content: await load(path, () => import(/* @vite-ignore */ pathToFileURL(path).href)) };
    case '.ts':
    case '.mts':
      return { path, content: await load(path, () => importTypeScript(path)) };
    default:
      throw new ConfigFileError(`${path} has to end in .ts, .mts, .js, .mjs or .json.`);
  }
}

/** Only where the text stops being JSON is told: the text around it may be a key. */
function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch (error) {
    const position = /position (\d+)/.exec((error as Error).message)?.[1];
    const lines = text.slice(0, position === undefined ? 0 : Number(position)).split('\n');
    const where = position === undefined ? '' : ` from line ${String(lines.length)}, column ${String((lines.at(-1)?.length ?? 0) + 1)} on`;
    throw new ConfigFileError(`${path} is no JSON${where}.`);
  }
}

async function importTypeScript(path: string): Promise<unknown> {
  if ((process.features as { typescript?: string | false }).typescript) return import(/* @vite-ignore */ pathToFileURL(path).href);
  const problem = packageProblem('jiti');
  if (problem) {
    throw new ConfigFileError(
      `Node ${process.versions.node} cannot read TypeScript by itself, and ${problem}. Use Node 22.18 or newer, or run ${installCommand(['jiti'])}, or write the config as .mjs or .json.`,
    );
  }
  const jiti = await import('jiti').catch(unloadable('jiti', 'A config in TypeScript'));
  return jiti.createJiti(import.meta.url, { moduleCache: false, fsCache: false }).import(path);
}

async function load(path: string, read: () => Promise<unknown>): Promise<unknown> {
  let module: unknown;
  try {
    module = await read();
  } catch (error) {
    if (error instanceof ConfigFileError) throw error;
    const { name, message } = error as Error;
    throw new ConfigFileError(`${path} cannot be loaded: ${name}: ${message}`);
  }
  const content = (module as { default?: unknown } | undefined)?.default;
  if (content === undefined) throw new ConfigFileError(`${path} exports nothing as default. Write: export default defineConfig({ … });`);
  return content;
}
