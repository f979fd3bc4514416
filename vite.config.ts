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
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { playwright } from '@vitest/browser-playwright';
import type { Rolldown } from 'vite';
import { defineConfig } from 'vitest/config';
import { compactTemplates } from './.config/compact-templates.ts';
import { hiddenPackages } from './.config/hidden-packages.ts';
import { inlineRuntime } from './.config/inline-runtime.ts';
import { leanLit } from './.config/lean-lit.ts';
import { leanSdk, SDK_SESSION } from './.config/lean-sdk.ts';
import { separateEntries } from './.config/separate-entries.ts';
import { smallest } from './.config/smallest.ts';
import { workletFiles } from './.config/worklet-files.ts';

/** Packages whose modules do nothing when imported but define things; measured in `npm run size`. */
const PURE_PACKAGES = /node_modules\/(@openai\/agents|openai|zod)/;

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
 * What loads before anybody shows interest, in one chunk under a hashed name. The entry only imports it: lazy chunks must
 * never import the entry itself, because a CMS may load that with a query (`voice-agent.js?ver=2`), which would be another module.
 */
const CORE = [
  /node_modules\/(lit|lit-html|lit-element|@lit)\//,
  /src\/contract\/(events|to-json)\.ts$/,
  /src\/i18n\/en\.ts$/,
  /src\/styles\/(tokens|floating|lean-css-tag)\.ts$/,
  /src\/views\/(boolean|define-view|float|launcher|launcher-icons|launcher-styles|view)\.ts$/,
  /src\/element\/(voice-agent|call-controller|page-keys)\.ts$/,
  /src\/session\/transport-code\.ts$/,
];

/**
 * What loads together is one file, which compresses better than several: the panel with all that it shows at once, and what every transport
 * shares.
 */
const TOGETHER: Record<string, readonly RegExp[]> = {
  core: CORE,
  panel: [/src\/element\/panel\.ts$/, /src\/views\/(?!boolean|define-view|float|launcher|view\.|approval|captions|call-bar|pill|rich-text|transcript|print-controller)/, /src\/styles\/panel-base\.ts$/, /src\/i18n\/(en-panel|english|clock)\.ts$/],
  engine: [/src\/element\/engine\.ts$/],
  transports: [/src\/transport\/(inbound-frame|interpreter|response-requests|sdk-in-call|sdk-rules|session-payload|step-limit|refusals|audio-pieces)\.ts$/, /agents-realtime\/dist\/openaiRealtimeBase\.mjs$/],
};

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
        codeSplitting: {
          groups: Object.entries(TOGETHER).map(([name, patterns]) => ({ name, test: (id: string) => patterns.some((pattern) => pattern.test(id)) })),
        },
      },
      treeshake: { moduleSideEffects: (id: string) => !PURE_PACKAGES.test(id) },
    },
  },
  npm: {
    lib: { entry: { index: 'src/index.ts', element: 'src/element.ts', session: 'src/session.ts', errors: 'src/errors.ts', define: 'src/define.ts', mastra: 'src/mastra/index.ts', 'npm/agents': 'src/agents.ts' }, formats: ['es'] },
    rolldownOptions: {
      output: {
        ...pageOutput,
        // The SDK's session is the same file in the script build.
        chunkFileNames: ({ name }: { name: string }) => `${name === SDK_SESSION ? 'chunks' : 'npm'}/[name]-[hash].js`,
      },
      treeshake: { moduleSideEffects: (id: string) => !PURE_PACKAGES.test(id) },
      external: /^lit($|\/)/,
    },
  },
  node: {
    ssr: true,
    target: 'node20',
    rolldownOptions: {
      input: { server: 'src/server/index.ts', 'server-node': 'src/server/node.ts', 'server-cli': 'src/server/cli.ts', sandbox: 'src/sandbox/index.ts', 'sandbox-cli': 'src/sandbox/cli.ts' },
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
  plugins: [separateEntries(), hiddenPackages(), leanSdk(), leanLit(), workletFiles(), compactTemplates(), inlineRuntime(), smallest()],
  // Files find one another by their own places, wherever a site puts them.
  base: mode === 'script' || mode === 'npm' ? './' : '/',
  publicDir: mode === 'demo' ? 'public' : false,
  build: {
    target: 'es2022',
    emptyOutDir: false,
    reportCompressedSize: false,
    // The files of the server are not minified.
    sourcemap: mode === 'script' || mode === 'npm',
    ...builds[mode],
  },
  test: {
    // By default one processor stays free. These tests mostly wait (for sound, for real servers), so there are two for each processor.
    maxWorkers: 2 * availableParallelism(),
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
