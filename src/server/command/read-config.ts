/**
 * Finds and reads a config file. TypeScript is loaded with Node's type stripping if available, otherwise with the optional
 * package `jiti`; JavaScript and JSON need neither. Does not validate the content.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installCommand, packageProblem, packageLoadError } from '../../packages/optional-packages.js';

/** File names in order of precedence, in the working directory. */
export const CONFIG_FILES = [
  'voice-agent.config.ts',
  'voice-agent.config.mjs',
  'voice-agent.config.js',
  'voice-agent.config.json',
] as const;

/** The file does not exist or cannot be loaded. */
export class ConfigFileError extends Error {
  override readonly name = 'ConfigFileError';
}

/** A config file that was read. */
export interface ConfigFile {
  /** Absolute path; `undefined` if there is no file. */
  readonly path: string | undefined;
  readonly content: unknown;
}

/**
 * Reads the named file, or the first of `CONFIG_FILES` that exists. The content is `{}` if there is none.
 *
 * @param reload number of the reload, 0 for the first time: a module is loaded again only under another URL. Modules that it imports are
 * not loaded again.
 * @throws ConfigFileError
 */
export async function readConfig(named: string | undefined, folder: string, reload = 0): Promise<ConfigFile> {
  const path =
    named === undefined ? CONFIG_FILES.map((name) => resolve(folder, name)).find((file) => existsSync(file)) : resolve(folder, named);
  if (path === undefined) return { path, content: {} };
  if (!existsSync(path)) throw new ConfigFileError(`Config file not found: ${path}`);
  switch (extname(path)) {
    case '.json':
      return { path, content: parseJson(await readFile(path, 'utf8'), path) };
    case '.js':
    case '.mjs':
      return { path, content: await load(path, () => import(/* @vite-ignore */ moduleUrl(path, reload))) };
    case '.ts':
    case '.mts':
      return { path, content: await load(path, () => importTypeScript(path, reload)) };
    default:
      throw new ConfigFileError(`${path} must end in .ts, .mts, .js, .mjs or .json.`);
  }
}

/** The error contains only the position, because the text around it may be a key. */
function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch (error) {
    const position = /position (\d+)/.exec((error as Error).message)?.[1];
    const lines = text.slice(0, position === undefined ? 0 : Number(position)).split('\n');
    const where = position === undefined ? '' : ` (line ${String(lines.length)}, column ${String((lines.at(-1)?.length ?? 0) + 1)})`;
    throw new ConfigFileError(`${path} is not valid JSON${where}.`);
  }
}

const moduleUrl = (path: string, reload: number): string => pathToFileURL(path).href + (reload === 0 ? '' : `?reload=${String(reload)}`);

async function importTypeScript(path: string, reload: number): Promise<unknown> {
  if ((process.features as { typescript?: string | false }).typescript) return import(/* @vite-ignore */ moduleUrl(path, reload));
  const problem = packageProblem('jiti');
  if (problem) {
    throw new ConfigFileError(
      `Node ${process.versions.node} cannot load TypeScript, and ${problem}. Use Node 22.18 or newer, run ${installCommand(['jiti'])}, or write the config as .mjs or .json.`,
    );
  }
  const jiti = await import('jiti').catch(packageLoadError('jiti', 'A TypeScript config file'));
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
  if (content === undefined) throw new ConfigFileError(`${path} has no default export. Add: export default defineConfig({ … });`);
  return content;
}
