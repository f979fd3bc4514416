/** Build plugin: removes unused parts of the Agents SDK. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import MagicString from 'magic-string';
import type { Plugin } from 'vite';

/**
 * Parts of the SDK and its libraries that calls never use, two thirds of the code: running text agents and their saved
 * states (so `agent.asTool()` throws here), the `openai` package's zod helpers (the SDK has its own fallback), zod's
 * JSON Schema output, its English error messages (the SDK only checks validity) and its memory for cyclic data (events
 * are JSON); `debug`, which reads localStorage; the queue of response requests, which our transports implement
 * themselves. Their exports remain and throw when called. Versions are pinned and the end-to-end tests run on the built
 * files, so that a wrong assumption is detected.
 */
const UNREACHED_MODULES = [
  'zod/v4/core/json-schema-processors.js',
  'zod/v4/core/to-json-schema.js',
  'zod/v4/core/memoizer.js',
  'zod/v4/locales/en.js',
  'openai/helpers/zod.mjs',
  '@openai/agents-core/dist/run.mjs',
  '@openai/agents-core/dist/runState.mjs',
  '@openai/agents-realtime/dist/responseCreateSequencer.mjs',
];
const unreachedModule = (file: string): string | undefined => UNREACHED_MODULES.find((module) => file.endsWith(`node_modules/${module}`));

/** Replacements for exports that must return something. */
const ANSWERS: Record<string, string> = {
  aggregateChecks: '() => ({})',
  memoizer: '() => undefined',
  createToJSONSchemaMethod: '() => unreached',
  ResponseCreateSequencer: 'class { releaseWaiters() {} markResponseCreated() {} markResponseDone() {} handleResponseCreateError() {} }',
  createStandardJSONSchemaMethod: '() => unreached',
};

/**
 * The modules that contain the zod schemas of the SDK's realtime transports. Our module replaces both, with the same
 * exports, so that a call needs no zod; `parse-realtime-event.test.ts` compares it with the originals.
 */
const SCHEMAS = /@openai\/agents-realtime\/dist\/(openaiRealtimeEvents|items)\.mjs$/;
const OUR_SCHEMAS = fileURLToPath(new URL('../src/transport/shared/parse-realtime-event.ts', import.meta.url));

/**
 * The SDK's transports share files with its sessions, which pull in half of the text agents. A call gets a copy of
 * those files with only the functions that transports use.
 */
const TRANSPORTS = /@openai\/agents-realtime\/dist\/openaiRealtime\w+\.mjs$/;
const COPY = '?transports';
const OF_THE_SDK = /node_modules\/@openai\/agents-(core|realtime)\/.*\.mjs$/;
/** The files that the transports themselves import. */
const SHARED = /^(\.\/(utils|logger)\.mjs|@openai\/agents-core(\/.*)?)$/;

/**
 * zod tests with `new Function("")` whether it may generate code, which a strict Content-Security-Policy reports. Here
 * the answer is fixed: it may not.
 */
const ASKS_FOR_EVAL = /zod\/v4\/core\/util\.js$/;
function withoutEval(source: string): string {
  const answered = source.replace(/^export const allowsEval = [\s\S]*?^\}\);/m, 'export const allowsEval = { value: false };');
  if (answered === source) throw new Error('The code generation check in zod has changed.');
  return answered;
}

/**
 * The SDK's session shares no module with other code: it gets copies of our schemas and of `toJson()`, and no transport
 * of its own (calls provide theirs). So its chunk is identical in both builds of the page code, and the package
 * contains it once.
 */
export const SDK_SESSION = 'realtimeSession';
const SESSION_COPY = '?session';
const OF_THE_SESSION = /(node_modules\/@openai\/agents-(core|realtime)\/.*\.mjs|\?session)$/;
const ITS_TRANSPORTS = new Set(['./openaiRealtimeWebRtc.mjs', './openaiRealtimeWebsocket.mjs']);
const NO_TRANSPORTS = '\0no-transports';

const NO_DEBUG = '\0no-debug';

/** Handles the signals of a Node process. Parcel would install a replacement for `process` in the app, with npm. */
const HANDLES_SIGNALS = /@openai\/agents-core\/dist\/tracing\/provider\.mjs$/;

/** The SDK's modules that write JSON; they use our `toJson()`, which is independent of the page's changes to `Array.prototype`. */
const WRITES_JSON = /node_modules\/@openai\/agents-(realtime|core)\/dist\/(?!agentToolInput)[^?]*\.mjs(\?transports)?$/;
const OUR_JSON = fileURLToPath(new URL('../src/contract/to-json.ts', import.meta.url));

/** Replaces these parts of the SDK in the lazy chunks. */
export function leanSdk(): Plugin {
  /** What this build replaced. A package whose new version moved a module would silently bring all of it back. */
  const replaced = new Set<string>();

  return {
    name: 'lean-sdk',
    enforce: 'pre',
    apply: (_, { mode }) => mode === 'script' || mode === 'npm' || mode === 'single',
    transform(code, id) {
      const edited = new MagicString(code);
      if (HANDLES_SIGNALS.test(id)) edited.prepend('const process = undefined;\n');
      if (WRITES_JSON.test(id) && code.includes('JSON.stringify(')) {
        const ours = id.endsWith(COPY) || TRANSPORTS.test(id) ? OUR_JSON : OUR_JSON + SESSION_COPY;
        edited.replaceAll('JSON.stringify(', '__toJson(').prepend(`import { toJson as __toJson } from ${JSON.stringify(ours)};\n`);
      }
      if (!edited.hasChanged()) return null;
      return { code: edited.toString(), map: edited.generateMap({ hires: 'boundary' }) };
    },
    buildEnd(error) {
      const missing = UNREACHED_MODULES.filter((module) => !replaced.has(module));
      if (!error && missing.length > 0)
        throw new Error(`Not found in this build: ${missing.join(', ')}. Adapt .config/lean-sdk.ts to the new versions of the packages.`);
    },
    async resolveId(source, importer = '', options) {
      if (source === 'debug') return NO_DEBUG + (importer.endsWith(COPY) ? COPY : '');
      if (source.endsWith(SESSION_COPY)) return source;
      if (OF_THE_SESSION.test(importer) && !TRANSPORTS.test(importer)) {
        if (importer.endsWith('realtimeSession.mjs') && ITS_TRANSPORTS.has(source)) return NO_TRANSPORTS;
        const found = await this.resolve(source, importer, { ...options, skipSelf: true });
        const copied = importer.endsWith(SESSION_COPY) || (importer.endsWith('realtimeSession.mjs') && TRANSPORTS.test(found?.id ?? ''));
        return found && (SCHEMAS.test(found.id) || copied) ? found.id + SESSION_COPY : found;
      }
      const copied = importer.endsWith(COPY);
      const from = copied ? importer.slice(0, -COPY.length) : importer;
      if (!copied && !(TRANSPORTS.test(from) && SHARED.test(source))) return null;
      const found = await this.resolve(source, from, { ...options, skipSelf: true });
      return found && OF_THE_SDK.test(found.id) && !SCHEMAS.test(found.id) && !TRANSPORTS.test(found.id) ? found.id + COPY : found;
    },
    load(id) {
      if (id.startsWith(NO_DEBUG)) return 'export default () => Object.assign(() => {}, { enabled: false });';
      if (id === NO_TRANSPORTS) return 'export class OpenAIRealtimeWebRTC {}\nexport class OpenAIRealtimeWebSocket {}';
      if (id.endsWith(SESSION_COPY)) {
        const original = id.slice(0, -SESSION_COPY.length);
        return SCHEMAS.test(original) ? `export * from ${JSON.stringify(OUR_SCHEMAS + SESSION_COPY)};` : readFileSync(original, 'utf8');
      }
      if (SCHEMAS.test(id)) return `export * from ${JSON.stringify(OUR_SCHEMAS)};`;
      const file = id.endsWith(COPY) ? id.slice(0, -COPY.length) : id;
      if (file === id && !unreachedModule(id) && !ASKS_FOR_EVAL.test(id)) return null;
      const source = readFileSync(file, 'utf8');
      const unreached = unreachedModule(file);
      if (unreached) replaced.add(unreached);
      if (!unreached && !ASKS_FOR_EVAL.test(id)) return source;
      if (ASKS_FOR_EVAL.test(id)) return withoutEval(source);
      const names = [...source.matchAll(/^export (?:const|(?:async )?function|class) (\w+)/gm)].map((match) => match[1] ?? '');
      const stubs = names.map((name) => `export const ${name} = ${ANSWERS[name] ?? 'unreached'};`);
      if (/^export default/m.test(source)) stubs.push("export default () => ({ localeError: () => 'Invalid input' });");
      return `const unreached = () => { throw new Error('not included in this build'); };\n${stubs.join('\n')}`;
    },
  };
}
