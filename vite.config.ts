/**
 * Builds and test projects.
 *
 * `vite build --mode script` makes what a web page loads: one first chunk and its lazy chunks, everything inside, and
 * `agents.js` for pages that make a `RealtimeAgent` of their own.
 * `--mode npm` makes the entry points for bundlers: `lit` stays outside so that an app has it once; the Agents SDK is
 * inside the lazy chunks, because only our build may leave out of it what no call reaches (which saves three quarters).
 * `--mode node` makes the server and sandbox entry points, `--mode worker` the server for Cloudflare's workerd, one module
 * with everything inside but the packages of phone calls; `--mode worker-whole` with those, too, for tests and sizes. `--mode demo` makes the demo page.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import type { Plugin, Rolldown } from 'vite';
import { defineConfig } from 'vitest/config';

/** Packages whose modules do nothing when imported but define things; measured in `npm run size`. */
const PURE_PACKAGES = /node_modules\/(@openai\/agents|openai|zod)/;

/**
 * Parts of the SDK and its libraries that a call never reaches, two thirds of it: running text agents and their saved states
 * (so `agent.asTool()` throws here), the `openai` package's reading of zod schemas (the SDK has its own for what that one
 * cannot read), zod's JSON Schema output, its English error messages (the SDK only asks whether something is valid) and its
 * memory for cyclic data (events are JSON); `debug`, which reads localStorage. Their exports stay, and throw when called;
 * versions are pinned and the end-to-end tests run on the built files, so that a wrong guess here shows.
 */
const UNREACHED = new RegExp(
  ['zod/v4/(core/(json-schema-processors|to-json-schema|memoizer)|locales/en)\\.js', 'openai/helpers/zod\\.mjs', 'agents-core/dist/run(State)?\\.mjs']
    .map((path) => `node_modules/.*${path}$`)
    .join('|'),
);

/** What some of these exports have to answer after all. */
const ANSWERS: Record<string, string> = {
  aggregateChecks: '() => ({})',
  memoizer: '() => undefined',
  createToJSONSchemaMethod: '() => unreached',
  createStandardJSONSchemaMethod: '() => unreached',
};

/**
 * The modules in which the SDK's realtime transports keep their zod schemas. Ours stand in for both, with the same
 * exports, so that a call needs no zod: `sdk-events.test.ts` holds them against the originals.
 */
const SCHEMAS = /@openai\/agents-realtime\/dist\/(openaiRealtimeEvents|items)\.mjs$/;
const OUR_SCHEMAS = fileURLToPath(new URL('src/transport/sdk-events.ts', import.meta.url));

/**
 * zod asks the browser by `new Function("")` whether it may make code, which a strict Content-Security-Policy reports. Here
 * the answer is known: it may not.
 */
const ASKS_FOR_EVAL = /zod\/v4\/core\/util\.js$/;
function withoutEval(source: string): string {
  const answered = source.replace(/^export const allowsEval = [\s\S]*?^\}\);/m, 'export const allowsEval = { value: false };');
  if (answered === source) throw new Error('zod asks in another way now.');
  return answered;
}

function leanSdk(): Plugin {
  return {
    name: 'lean-sdk',
    enforce: 'pre',
    apply: (_, { mode }) => mode === 'script' || mode === 'npm',
    resolveId: (source) => (source === 'debug' ? '\0no-debug' : null),
    load(id) {
      if (id === '\0no-debug') return 'export default () => Object.assign(() => {}, { enabled: false });';
      if (SCHEMAS.test(id)) return `export * from ${JSON.stringify(OUR_SCHEMAS)};`;
      if (!UNREACHED.test(id) && !ASKS_FOR_EVAL.test(id)) return null;
      const source = readFileSync(id, 'utf8');
      if (ASKS_FOR_EVAL.test(id)) return withoutEval(source);
      const names = [...source.matchAll(/^export (?:const|(?:async )?function|class) (\w+)/gm)].map((match) => match[1] ?? '');
      const stubs = names.map((name) => `export const ${name} = ${ANSWERS[name] ?? 'unreached'};`);
      if (/^export default/m.test(source)) stubs.push("export default () => ({ localeError: () => 'Invalid input' });");
      return `const unreached = () => { throw new Error('left out of this build'); };\n${stubs.join('\n')}`;
    },
  };
}

/** What the server is made of, and what its logs and metrics are made of in turn. */
const SERVER_PACKAGES = ['hono', '@hono/node-server', 'rate-limiter-flexible', 'jose', 'zod', 'prom-client', 'pino'];
const PROM_CLIENT_PACKAGES = ['@opentelemetry/api', 'tdigest', 'bintrees'];
const PINO_PACKAGES = [
  '@pinojs/redact', 'atomic-sleep', 'on-exit-leak-free', 'pino-abstract-transport', 'pino-std-serializers', 'process-warning',
  'quick-format-unescaped', 'real-require', 'safe-stable-stringify', 'sonic-boom', 'split2', 'thread-stream',
];

const pageOutput: Rolldown.OutputOptions = {
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  minify: true,
};

/**
 * Takes the line breaks and indentation out of `css` and `html` templates, which a minifier may not touch. A run of white
 * space with a line break in it becomes one space (in CSS none beside braces, semicolons and commas): it renders the same.
 */
function compactTemplates(): Plugin {
  const compact = {
    html: (text: string) => text.replace(/\s*\n\s*/g, ' '),
    css: (text: string) =>
      text
        .replace(/\/\*[\s\S]*?\*\//g, '')
        .replace(/\s+/g, ' ')
        .replace(/ ?([{};,]) ?/g, '$1')
        .replace(/: /g, ':')
        .replace(/;}/g, '}'),
  };
  interface Node {
    type: string;
    tag?: { name?: string };
    quasi?: { quasis: { start: number; end: number }[] };
  }
  return {
    name: 'compact-templates',
    enforce: 'post',
    apply: (_, { mode }) => mode === 'script' || mode === 'npm',
    transform(code, id) {
      if (!/src\/(views|styles|element)\//.test(id)) return null;
      const edits: { start: number; end: number; text: string }[] = [];
      const visit = (node: unknown): void => {
        if (Array.isArray(node)) return node.forEach(visit);
        if (typeof node !== 'object' || node === null) return;
        const { type, tag, quasi } = node as Node;
        const rewrite = type === 'TaggedTemplateExpression' ? compact[tag?.name as keyof typeof compact] : undefined;
        for (const { start, end } of rewrite ? (quasi?.quasis ?? []) : []) {
          edits.push({ start, end, text: rewrite?.(code.slice(start, end)) ?? '' });
        }
        Object.values(node).forEach(visit);
      };
      visit(this.parse(code));
      edits.sort((a, b) => b.start - a.start);
      let result = code;
      for (const { start, end, text } of edits) result = result.slice(0, start) + text + result.slice(end);
      return { code: result, map: null };
    },
  };
}

/**
 * `import address from './x.js?worklet'` gives the address of that module as a file of its own: audio worklets are loaded by
 * address, and a strict Content-Security-Policy takes neither `blob:` nor `data:`.
 */
function workletFiles(): Plugin {
  const mark = '?worklet';
  let serves = false;
  let bundledAgain = false;
  return {
    name: 'worklet-files',
    enforce: 'pre',
    configResolved: ({ command, mode }) => {
      serves = command === 'serve';
      bundledAgain = mode === 'npm';
    },
    // A page's own bundler may turn a small file into a `data:` address, Vite does by default; this is how it is told not to.
    resolveFileUrl: ({ relativePath }) => (bundledAgain ? `new URL(${JSON.stringify(`${relativePath}?no-inline`)}, import.meta.url).href` : null),
    resolveId: (source, importer) =>
      source.endsWith(mark) && importer ? resolve(dirname(importer), source.slice(0, -mark.length).replace(/\.js$/, '.ts')) + mark : null,
    load(id) {
      if (!id.endsWith(mark)) return null;
      const file = id.slice(0, -mark.length);
      if (serves) return `export default new URL(${JSON.stringify(`/@fs${file}`)}, import.meta.url).href;`;
      const reference = this.emitFile({ type: 'chunk', id: file, name: basename(file, '.ts') });
      return `export default import.meta.ROLLUP_FILE_URL_${reference};`;
    },
  };
}

/**
 * What loads before anybody shows interest, in one chunk under a hashed name. The entry only imports it: lazy chunks must
 * never import the entry itself, because a CMS may load that with a query (`voice-agent.js?ver=2`), which would be another module.
 */
const CORE = [
  /node_modules\/(lit|lit-html|lit-element|@lit)\//,
  /src\/contract\/events\.ts$/,
  /src\/i18n\/en\.ts$/,
  /src\/styles\/(tokens|floating)\.ts$/,
  /src\/views\/(define-view|launcher|launcher-styles)\.ts$/,
  /src\/element\/(voice-agent|call-controller)\.ts$/,
];

/** One module for workerd. `ioredis` is reached by nothing there; outside it costs no reading. */
const workerBuild = (external: RegExp): object => ({
  ssr: true,
  rolldownOptions: {
    input: { worker: 'src/server/runtime/worker.ts' },
    external,
    output: { entryFileNames: '[name].js', codeSplitting: false },
  },
});

const builds: Record<string, object> = {
  script: {
    lib: { entry: { 'voice-agent': 'src/define.ts', agents: 'src/agents.ts' }, formats: ['es'] },
    manifest: '.script-manifest.json',
    rolldownOptions: {
      output: {
        ...pageOutput,
        codeSplitting: { groups: [{ name: 'core', test: (id: string) => CORE.some((pattern) => pattern.test(id)) }] },
      },
      treeshake: { moduleSideEffects: (id: string) => !PURE_PACKAGES.test(id) },
    },
  },
  npm: {
    lib: { entry: { index: 'src/index.ts', define: 'src/define.ts', mastra: 'src/mastra/index.ts', 'npm/agents': 'src/agents.ts' }, formats: ['es'] },
    rolldownOptions: {
      output: { ...pageOutput, chunkFileNames: 'npm/[name]-[hash].js' },
      treeshake: { moduleSideEffects: (id: string) => !PURE_PACKAGES.test(id) },
      external: /^lit($|\/)/,
    },
  },
  node: {
    ssr: true,
    target: 'node20',
    rolldownOptions: {
      input: { server: 'src/server/index.ts', 'server-node': 'src/server/node.ts', 'server-cli': 'src/server/cli.ts', sandbox: 'src/sandbox/index.ts' },
      output: { entryFileNames: '[name].js', chunkFileNames: 'node/[name]-[hash].js' },
    },
  },
  worker: workerBuild(/^((node|cloudflare):|ioredis$|openai$|@openai\/agents\/)/),
  'worker-whole': workerBuild(/^((node|cloudflare):|ioredis$)/),
  demo: {
    outDir: 'dist/demo',
    rolldownOptions: { external: ['/voice-agent.js'] },
  },
};

// vitest 5.1 groups failed tests with `Map.groupBy`, which Node 20 lacks: its summary would crash instead of saying what failed.
(Map as { groupBy?: unknown }).groupBy ??= <K, V>(items: Iterable<V>, keyOf: (item: V) => K): Map<K, V[]> => {
  const groups = new Map<K, V[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
};

/** How long tests wait for what has to come; `patient-waits.ts` is for what has no setting. */
const waits = { testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 15_000 } }, setupFiles: ['tests/support/patient-waits.ts'] };

/** A Chromium of the system, or Playwright's own where there is none. */
const systemChromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

export default defineConfig(({ mode }) => ({
  // What the server needs travels inside our files: nothing to install for a key endpoint. The sandbox's heavy parts do not.
  ssr:
    mode.startsWith('worker')
      ? { target: 'webworker', noExternal: true, resolve: { conditions: ['workerd', 'worker', 'browser', 'import', 'default'] } }
      : { noExternal: [...SERVER_PACKAGES, ...PROM_CLIENT_PACKAGES, ...PINO_PACKAGES] },
  define: mode in builds && mode !== 'node' ? { 'process.env.NODE_ENV': '"production"' } : {},
  plugins: [leanSdk(), workletFiles(), compactTemplates()],
  // Files find one another by their own places, wherever a site puts them.
  base: mode === 'script' || mode === 'npm' ? './' : '/',
  publicDir: mode === 'demo' ? 'public' : false,
  build: {
    target: 'es2022',
    emptyOutDir: false,
    reportCompressedSize: false,
    ...builds[mode],
  },
  test: {
    projects: [
      {
        extends: true,
        // Many of these start real servers, browsers' peers, Redis or workerd, several files at a time.
        test: { ...waits, name: 'unit', environment: 'node', include: ['tests/unit/**/*.test.ts', 'tests/server/**/*.test.ts'] },
      },
      {
        extends: true,
        optimizeDeps: { include: ['@openai/agents/realtime', 'axe-core', 'lit'] },
        test: {
          ...waits,
          name: 'component',
          include: ['tests/component/**/*.test.ts'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                ...(systemChromium ? { executablePath: systemChromium } : {}),
                args: [
                  '--no-sandbox',
                  '--disable-gpu',
                  '--no-first-run',
                  '--disable-background-networking',
                  '--use-fake-ui-for-media-stream',
                  '--use-fake-device-for-media-stream',
                  '--allow-loopback-in-peer-connection',
                  '--autoplay-policy=no-user-gesture-required',
                ],
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
}));
