/**
 * Builds and test projects.
 *
 * `vite build --mode script` builds what a web page loads: one first chunk and its lazy chunks, with all dependencies
 * included, and `agents.js` for pages that create their own `RealtimeAgent`. `--mode npm` builds the entry points for
 * bundlers: `lit` stays external so that an app includes it once; the Agents SDK is bundled into the lazy chunks,
 * because only our build can remove the parts that calls never use (which saves three quarters). `--mode node` builds
 * the server and sandbox entry points, `--mode worker` the server for Cloudflare's workerd, one module with all
 * dependencies except the packages for phone calls; `--mode worker-whole` includes those too, for tests and sizes.
 * `--mode admin` builds the operator's page, `--mode demo` the demo page, `--mode wordpress-page` and `wordpress-block` the
 * scripts of the WordPress plug-in, `--mode embed` the classic loader `embed.js`, `--mode single` the whole widget as one classic
 * script; `.config/versioned-files.ts` derives further forms from the files of these builds.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { playwright } from '@vitest/browser-playwright';
import type { Rolldown } from 'vite';
import { defineConfig } from 'vitest/config';
import { bundledPackages } from './.config/bundled-packages.ts';
import { compactTemplates } from './.config/compact-templates.ts';
import { hiddenPackages } from './.config/hidden-packages.ts';
import { inlineRuntime } from './.config/inline-runtime.ts';
import { leanLit } from './.config/lean-lit.ts';
import { leanSdk, SDK_SESSION } from './.config/lean-sdk.ts';
import { separateEntries } from './.config/separate-entries.ts';
import { smallest } from './.config/smallest.ts';
import { workletFiles } from './.config/worklet-files.ts';

/** Packages whose modules have no side effects on import; measured by `npm run size`. */
const PURE_PACKAGES = /node_modules\/(@openai\/agents|openai|zod)/;

/** The server's dependencies, and the dependencies of its logging and metrics packages. */
const SERVER_PACKAGES = ['hono', '@hono/node-server', 'rate-limiter-flexible', 'jose', 'zod', 'prom-client', 'pino'];
const PROM_CLIENT_PACKAGES = ['@opentelemetry/api', 'tdigest', 'bintrees'];
const PINO_PACKAGES = [
  '@pinojs/redact',
  'atomic-sleep',
  'on-exit-leak-free',
  'pino-abstract-transport',
  'pino-std-serializers',
  'process-warning',
  'quick-format-unescaped',
  'real-require',
  'safe-stable-stringify',
  'sonic-boom',
  'split2',
  'thread-stream',
];

const pageOutput: Rolldown.OutputOptions = {
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  minify: true,
};

/**
 * The code that loads before the first interaction, in one chunk with a hashed name. The entry only imports it: lazy
 * chunks must never import the entry itself, because a CMS may load it with a query (`voice-agent.js?ver=2`), which
 * would be a different module.
 */
const CORE = [
  /node_modules\/(lit|lit-html|lit-element|@lit)\//,
  /src\/contract\/(events|to-json)\.ts$/,
  /src\/i18n\/en\.ts$/,
  /src\/styles\/(tokens|floating|css-result)\.ts$/,
  /src\/views\/(boolean|define-view|float|icon|launcher|launcher-styles|view)\.ts$/,
  /src\/element\/(voice-agent|element-options|call-controller|load-failed|isolate-keys)\.ts$/,
  /src\/session\/load-transport\.ts$/,
];

/**
 * Modules that load together are one file, which compresses better than several: the panel with everything it shows
 * initially, and the code shared by all transports.
 */
const TOGETHER: Record<string, readonly RegExp[]> = {
  core: CORE,
  panel: [
    /src\/element\/panel\.ts$/,
    /src\/views\/(?!boolean|define-view|float|icon\.|launcher|view\.|approval|captions|call-bar|pill|rich-text|transcript|print-controller)/,
    /src\/styles\/panel-base\.ts$/,
    /src\/i18n\/(en-panel|en-errors|words|english|clock)\.ts$/,
  ],
  engine: [/src\/element\/engine\.ts$/],
  transports: [
    /src\/transport\/shared\/(inbound-frame|interpreter|response-requests|sdk-mixin|schema-rules|session-payload|step-limit|call-errors|audio-chunks)\.ts$/,
    /agents-realtime\/dist\/openaiRealtimeBase\.mjs$/,
  ],
};

/** One module for workerd. `ioredis` is never loaded there; as an external it does not have to be parsed. */
const workerBuild = (external: RegExp): object => ({
  ssr: true,
  rolldownOptions: {
    input: { worker: 'src/server/runtime/cloudflare/worker.ts' },
    external,
    output: { entryFileNames: '[name].js', codeSplitting: false },
  },
});

/** A classic script of the WordPress plug-in, in which its owner can read it. */
const wordpressScript = (name: string, entry: string): object => ({
  outDir: 'dist/.wordpress/voice-agent/assets',
  target: 'es2018',
  minify: false,
  sourcemap: false,
  lib: { entry: { [name]: entry }, formats: ['iife'], name: 'voiceAgentForWordPress', fileName: () => `${name}.js` },
  rolldownOptions: { output: { minify: false } },
});

const builds: Record<string, object> = {
  script: {
    lib: { entry: { 'voice-agent': 'src/define.ts', agents: 'src/agents.ts' }, formats: ['es'] },
    manifest: '.script-manifest.json',
    rolldownOptions: {
      output: {
        ...pageOutput,
        codeSplitting: {
          groups: Object.entries(TOGETHER).map(([name, patterns]) => ({
            name,
            test: (id: string) => patterns.some((pattern) => pattern.test(id)),
          })),
        },
      },
      treeshake: { moduleSideEffects: (id: string) => !PURE_PACKAGES.test(id) },
    },
  },
  npm: {
    lib: {
      entry: {
        index: 'src/index.ts',
        element: 'src/element.ts',
        session: 'src/session.ts',
        errors: 'src/errors.ts',
        define: 'src/define.ts',
        mastra: 'src/mastra/index.ts',
        react: 'src/react.ts',
        'types-only': 'src/types-only.ts',
        'npm/agents': 'src/agents.ts',
      },
      formats: ['es'],
    },
    rolldownOptions: {
      output: {
        ...pageOutput,
        // Next: a component of the browser, which a component of the server can render.
        banner: ({ name }: { name: string }) => (name === 'react' ? "'use client';" : ''),
        // The SDK's session is the same file as in the script build.
        chunkFileNames: ({ name }: { name: string }) => `${name === SDK_SESSION ? 'chunks' : 'npm'}/[name]-[hash].js`,
      },
      treeshake: { moduleSideEffects: (id: string) => !PURE_PACKAGES.test(id) },
      external: /^(lit|react)($|\/)/,
    },
  },
  node: {
    ssr: true,
    target: 'node20',
    rolldownOptions: {
      input: {
        server: 'src/server/index.ts',
        'server-node': 'src/server/node.ts',
        'server-cli': 'src/server/cli.ts',
        sandbox: 'src/sandbox/index.ts',
        'sandbox-cli': 'src/sandbox/cli.ts',
        'snippet-cli': 'src/embed/cli.ts',
      },
      output: { entryFileNames: '[name].js', chunkFileNames: 'node/[name]-[hash].js' },
    },
  },
  worker: workerBuild(/^((node|cloudflare):|ioredis$|openai$|@openai\/agents\/)/),
  'worker-whole': workerBuild(/^((node|cloudflare):|ioredis$)/),
  // The sandbox inside a page: one file and its audio worklet.
  'sandbox-browser': {
    lib: { entry: { 'sandbox-browser': 'src/sandbox/browser/index.ts' }, formats: ['es'] },
    rolldownOptions: { output: { entryFileNames: '[name].js', codeSplitting: false, minify: true } },
  },
  // The page "Talk to it now"; its other files are those of the builds.
  talk: {
    outDir: 'dist/talk',
    lib: { entry: { talk: 'src/demo/talk/talk.ts' }, formats: ['es'] },
    rolldownOptions: {
      external: /sandbox\/browser\/index\.[jt]s$/,
      output: { ...pageOutput, paths: () => '../sandbox-browser.js' },
    },
  },
  admin: {
    outDir: 'dist/admin',
    lib: { entry: { admin: 'src/admin/voice-admin.ts' }, formats: ['es'] },
    rolldownOptions: { output: pageOutput },
  },
  'wordpress-page': wordpressScript('page', 'src/cms/wordpress/scripts/page-script.ts'),
  'wordpress-block': wordpressScript('block', 'src/cms/wordpress/scripts/block-editor.ts'),
  embed: {
    target: 'es2017',
    lib: { entry: { embed: 'src/embed.ts' }, formats: ['iife'], name: 'unused' },
    rolldownOptions: { output: { entryFileNames: '[name].js', minify: true } },
  },
  single: {
    lib: { entry: { 'single/voice-agent': 'src/single.ts' }, formats: ['iife'], name: 'unused' },
    rolldownOptions: {
      output: { entryFileNames: '[name].js', minify: true, codeSplitting: false },
      treeshake: { moduleSideEffects: (id: string) => !PURE_PACKAGES.test(id) },
    },
  },
  demo: {
    outDir: 'dist/demo',
    rolldownOptions: { external: ['/voice-agent.js'] },
  },
};

// vitest 5.1 groups failed tests with `Map.groupBy`, which Node 20 lacks: its summary would crash instead of listing the failures.
(Map as { groupBy?: unknown }).groupBy ??= <K, V>(items: Iterable<V>, keyOf: (item: V) => K): Map<K, V[]> => {
  const groups = new Map<K, V[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
};

/** Timeouts of the tests; `slow-ci-timeouts.ts` covers waits that have no setting. */
const waits = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 15_000 } },
  setupFiles: ['tests/support/slow-ci-timeouts.ts'],
};

/** The system's Chromium, or Playwright's own if there is none. */
const systemChromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

export default defineConfig(({ mode }) => ({
  // The server's dependencies are bundled, so that a key endpoint needs no further installs. The sandbox's large ones are not.
  ssr: mode.startsWith('worker')
    ? { target: 'webworker', noExternal: true, resolve: { conditions: ['workerd', 'worker', 'browser', 'import', 'default'] } }
    : { noExternal: [...SERVER_PACKAGES, ...PROM_CLIENT_PACKAGES, ...PINO_PACKAGES] },
  define: mode in builds && mode !== 'node' ? { 'process.env.NODE_ENV': '"production"' } : {},
  plugins: [
    // The compression of `smallest` takes long, as intended.
    { name: 'no-timings', config: () => ({ build: { rolldownOptions: { checks: { bundlerTimings: false } } } }) },
    bundledPackages(),
    separateEntries(),
    hiddenPackages(),
    leanSdk(),
    leanLit(),
    workletFiles(),
    compactTemplates(),
    inlineRuntime(),
    smallest(),
  ],
  // Files resolve each other relative to their own URLs, wherever a site hosts them.
  base: ['script', 'npm', 'single', 'sandbox-browser'].includes(mode) ? './' : '/',
  publicDir: mode === 'demo' ? 'public' : false,
  build: {
    target: 'es2022',
    emptyOutDir: false,
    reportCompressedSize: false,
    // The server's files are not minified.
    sourcemap: ['script', 'npm', 'sandbox-browser'].includes(mode),
    ...builds[mode],
  },
  test: {
    // The default leaves one CPU free. These tests mostly wait (for audio, for real servers), so use two workers per CPU.
    maxWorkers: 2 * availableParallelism(),
    // With `--coverage`, of the unit tests. Views and element are covered by component tests, in a browser; scripts of pages and
    // commands by tests that start them as processes of their own.
    coverage: {
      provider: 'v8',
      include: ['src/{contract,conversation,dialects,mastra,packages,sandbox,server,session,transport}/**/*.ts'],
      exclude: ['**/cli.ts', '**/*.d.ts', 'src/server/deploy/**', 'src/server/runtime/cloudflare/**'],
      reporter: ['text-summary', 'json-summary'],
      reportsDirectory: 'test-results/coverage',
      thresholds: { statements: 82, branches: 79, functions: 80, lines: 84 },
    },
    projects: [
      {
        extends: true,
        // Many of these start real servers, WebRTC peers, Redis or workerd, several files at a time.
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
