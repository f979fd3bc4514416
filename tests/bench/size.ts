/**
 * `npm run size`: checks what a page loads, in brotli bytes of the built files or of an app's bundle of them, and the
 * size of the Worker, in gzip bytes as Cloudflare counts them, against the budgets. Fails if a budget is exceeded.
 * Files are compressed individually, as they are served. `--report` also writes what the chunks consist of.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';
import type { Rolldown } from 'vite';
import { writeBundleReport } from './bundle-report.js';
import { importSizes } from './import-size.js';

interface Chunk {
  file: string;
  name?: string;
  src?: string;
  isEntry?: boolean;
  imports?: string[];
  dynamicImports?: string[];
}

const root = new URL('../../', import.meta.url);
const dist = new URL('dist/', root);
const manifest = JSON.parse(readFileSync(new URL('.script-manifest.json', dist), 'utf8')) as Record<string, Chunk>;

const brotli = (file: string): number =>
  brotliCompressSync(readFileSync(new URL(file, dist)), {
    params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY },
  }).length;

/** All chunks that the given ones load, by static imports only or including dynamic ones. */
function closure(keys: Iterable<string>, dynamic: boolean): Set<string> {
  const seen = new Set<string>();
  const queue = [...keys];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    if (seen.has(key)) continue;
    seen.add(key);
    const chunk = manifest[key];
    if (!chunk) throw new Error(`The build's manifest does not contain ${key}.`);
    queue.push(...(chunk.imports ?? []), ...(dynamic ? (chunk.dynamicImports ?? []) : []));
  }
  return seen;
}

const entryOf = (source: string): string | undefined =>
  Object.entries(manifest).find(([, chunk]) => chunk.isEntry && chunk.src === source)?.[0];
const entry = entryOf('src/define.ts');
const agents = entryOf('src/agents.ts');
if (!entry || !agents) throw new Error('The build has no entry: run `npm run build` first.');
const first = closure([entry], false);
const all = closure([entry, agents], true);

/** The chunks that a call loads from the click to `connected` in addition to the first chunk: those of these modules and their imports. */
function fetched(...sources: string[]): Set<string> {
  const keys = sources.map((source) => {
    // A chunk that combines several modules is named after the one that it is loaded for.
    const name = basename(source, '.ts');
    const key =
      Object.keys(manifest).find((one) => one === source || manifest[one]?.src === source) ??
      Object.keys(manifest).find((one) => manifest[one]?.name === name);
    if (!key) throw new Error(`The build has no chunk for ${source}.`);
    return key;
  });
  return new Set([...closure(keys, false)].filter((key) => !first.has(key)));
}
const anyCall = ['src/element/engine.ts', 'src/element/panel.ts', 'src/media/level-meter.ts'];
const webRtc = fetched(...anyCall, 'src/transport/webrtc/index.ts');
const brokered = fetched(...anyCall, 'src/transport/webrtc/index.ts', 'src/session/brokered-call.ts');
const webSocket = fetched(...anyCall, 'src/transport/websocket/index.ts', 'src/media/pcm-audio.ts', 'src/media/pcm-worklet.ts');
const others = fetched(...anyCall);
const agentCall = new Set([...fetched('src/transport/agent/index.ts'), ...closure([agents], false)].filter((key) => !others.has(key)));
const sum = (keys: Iterable<string>): number => [...keys].reduce((bytes, key) => bytes + brotli((manifest[key] as Chunk).file), 0);

/** The Worker including the packages for phone calls, minified like `wrangler deploy --minify`. */
async function wholeWorker(): Promise<string> {
  const made = await build({
    configFile: fileURLToPath(new URL('vite.config.ts', root)),
    root: fileURLToPath(root),
    mode: 'worker-whole',
    logLevel: 'error',
    build: { write: false, minify: true },
  });
  const [chunk, ...more] = (made as Rolldown.RolldownOutput).output;
  if (more.length > 0) throw new Error('The Worker was bundled into more than one file.');
  return chunk.code;
}

const rows: { what: string; bytes: number; budget: number; by?: string }[] = [
  { what: 'first chunk: Lit, element, launcher, styles, English', bytes: sum(first), budget: 9_000 },
  { what: 'from the click to connected over WebRTC: panel, engine, SDK transport', bytes: sum(webRtc), budget: 54_000 },
  { what: 'the same for a brokered call', bytes: sum(brokered), budget: 54_000 },
  { what: 'from the click to connected over WebSocket: panel, engine, SDK transport, audio', bytes: sum(webSocket), budget: 54_000 },
  { what: 'for an agent: its session and agents.js, including chunks shared with the transports', bytes: sum(agentCall), budget: 90_000 },
  { what: 'the loader for script tags: embed.js', bytes: brotli('embed.js'), budget: 1_000 },
  ...(await importSizes()),
  {
    what: 'the sandbox in a page, with its audio worklet: only on pages that import it',
    bytes: brotli('sandbox-browser.js') + brotli('sandbox-worklet.js'),
    budget: 42_000,
  },
  { what: 'the Worker: dist/worker.js', bytes: gzipSync(readFileSync(new URL('worker.js', dist))).length, budget: 200_000, by: 'gzip' },
  {
    what: 'the Worker with the packages for phone calls, as deployed',
    bytes: gzipSync(await wholeWorker()).length,
    budget: 700_000,
    by: 'gzip',
  },
];
for (const key of [...all].sort()) {
  const { file } = manifest[key] as Chunk;
  console.log(`  ${first.has(key) ? 'first' : 'later'}  ${String(brotli(file)).padStart(6)}  ${file}`);
}
console.log();
for (const { what, bytes, budget, by = 'brotli' } of rows) {
  console.log(`${bytes <= budget ? 'ok  ' : 'OVER'} ${String(bytes).padStart(6)} of ${budget} bytes ${by}  ${what}`);
}
mkdirSync(new URL('bench-results/', root), { recursive: true });
writeFileSync(new URL('bench-results/size.json', root), `${JSON.stringify(rows, null, 2)}\n`);
if (process.argv.includes('--report'))
  console.log(`\nbundle report: ${writeBundleReport([...all].map((key) => (manifest[key] as Chunk).file).sort())}`);
process.exitCode = rows.some(({ bytes, budget }) => bytes > budget) ? 1 : 0;
