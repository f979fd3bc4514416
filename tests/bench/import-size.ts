/** The size that an import from the package adds to an app's initial chunks, by bundler. Chunks that load later are not counted. */
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { build as buildByEsbuild } from 'esbuild';
import { build as buildByVite } from 'vite';
import type { Plugin, Rolldown } from 'vite';

/** The package resolves itself by name from its own folder. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = `${ROOT}program.js`;

interface Chunk {
  readonly code: string;
  /** Names of the chunks that it imports statically. */
  readonly imports: readonly string[];
}

/** Adds a chunk and its static imports. */
function load(name: string, chunks: ReadonlyMap<string, Chunk>, loaded = new Set<Chunk>()): Set<Chunk> {
  const chunk = chunks.get(name);
  if (!chunk || loaded.has(chunk)) return loaded;
  loaded.add(chunk);
  for (const imported of chunk.imports) load(imported, chunks, loaded);
  return loaded;
}

/** Bundler → the minified initial chunks of a program. */
const BUNDLERS: Readonly<Record<string, (program: string) => Promise<Set<Chunk>>>> = {
  async esbuild(program) {
    const { metafile, outputFiles } = await buildByEsbuild({
      stdin: { contents: program, resolveDir: ROOT },
      bundle: true,
      splitting: true,
      format: 'esm',
      minify: true,
      write: false,
      metafile: true,
      outdir: ROOT,
      absWorkingDir: ROOT,
    });
    const text = new Map(outputFiles.map((file) => [file.path, file.text]));
    const staticImports = (imports: readonly { kind: string; path: string }[]): string[] =>
      imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path);
    const chunks = Object.entries(metafile.outputs).map(
      ([name, { imports }]) => [name, { code: text.get(ROOT + name) ?? '', imports: staticImports(imports) }] as const,
    );
    return load('stdin.js', new Map(chunks));
  },
  async vite(program) {
    const fromMemory: Plugin = {
      name: 'from-memory',
      resolveId: (id) => (id === PROGRAM ? id : null),
      load: (id) => (id === PROGRAM ? program : null),
    };
    const made = await buildByVite({
      configFile: false,
      root: ROOT,
      logLevel: 'error',
      plugins: [fromMemory],
      build: { write: false, rolldownOptions: { input: PROGRAM } },
    });
    const chunks = (made as Rolldown.RolldownOutput).output.filter((file) => file.type === 'chunk');
    return load(chunks.find(({ isEntry }) => isEntry)?.fileName ?? '', new Map(chunks.map((chunk) => [chunk.fileName, chunk])));
  },
};

/** Name → the entries that export it, and the maximum bytes for each of them. */
const BUDGETS: Readonly<Record<string, { readonly entries: readonly string[]; readonly budget: number }>> = {
  VoiceAgent: { entries: ['', '/element', '/define'], budget: 11_300 },
  VoiceSession: { entries: ['', '/session'], budget: 22_000 },
  VoiceAgentError: { entries: ['', '/errors'], budget: 900 },
};

/** The rows of `npm run size` for apps with a bundler; the largest bundle counts. */
export async function importSizes(): Promise<{ what: string; bytes: number; budget: number }[]> {
  const rows = [];
  for (const [name, { entries, budget }] of Object.entries(BUDGETS)) {
    for (const entry of entries) {
      const program = `import { ${name} } from 'voice-agent-element${entry}'; globalThis.kept = ${name};`;
      const sizes = [];
      for (const [bundler, bundle] of Object.entries(BUNDLERS)) {
        const chunks = await bundle(program);
        if (chunks.size === 0) throw new Error(`${bundler} produced no entry for: ${program}`);
        sizes.push({ bundler, bytes: [...chunks].reduce((sum, { code }) => sum + brotliCompressSync(code).length, 0) });
      }
      const largest = sizes.reduce((a, b) => (b.bytes > a.bytes ? b : a));
      rows.push({
        what: `import { ${name} } from 'voice-agent-element${entry}', bundled by ${largest.bundler}`,
        bytes: largest.bytes,
        budget,
      });
    }
  }
  return rows;
}
