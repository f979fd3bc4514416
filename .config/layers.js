/**
 * The layers of `src/` and the rooms inside the large ones: what each contains and what it may import. The only source of these rules:
 * ESLint enforces them, and `npm run docs` writes them into CONTRIBUTING.md.
 */

/**
 * @typedef {object} Layer
 * @property {string} contents what the folder contains
 * @property {readonly string[]} imports the folders that it may import
 * @property {readonly string[]} [lazy] those of `imports` that it may load only with `import()`
 */

/** @type {Readonly<Record<string, Layer>>} */
export const LAYERS = {
  contract: { contents: 'state names, event and error classes, option types; no DOM nodes, no SDK', imports: [] },
  i18n: { contents: 'the `Strings` interface and the languages', imports: [] },
  styles: { contents: 'design tokens and shared CSS', imports: [] },
  conversation: { contents: 'pure reducer and `ConversationStore`: protocol events in, frozen snapshots out', imports: ['contract'] },
  dialects: { contents: 'one file per protocol dialect', imports: ['contract'] },
  media: { contents: '`Microphone`, `Speaker`, `LevelMeter`, audio of calls over WebSocket with its audio worklet: every track, context and audio element', imports: ['contract'] },
  transport: { contents: 'the only layer that imports `@openai/agents`; hardened versions of its transports, custom transports, a page\'s `RealtimeAgent`', imports: ['dialects', 'contract'] },
  session: { contents: '`VoiceSession`: one call from click to hang-up; state machine, token source, tools', imports: ['transport', 'dialects', 'conversation', 'media', 'contract'], lazy: ['transport', 'dialects'] },
  mastra: { contents: '`RealtimeVoice`: a call with the members of Mastra\'s voices; imports types of `@mastra/core`, no code', imports: ['session', 'dialects', 'contract'] },
  views: { contents: 'launcher, panel, transcript, composer, controls, notice, visualizer: properties in, request events out', imports: ['contract', 'i18n', 'styles'] },
  element: { contents: '`<voice-agent>` and its controllers: the only place that composes the others', imports: ['views', 'session', 'conversation', 'i18n', 'styles', 'contract'], lazy: ['session'] },
  server: { contents: 'Hono app for keys, brokered calls and phone calls', imports: ['dialects', 'contract', 'packages'] },
  sandbox: { contents: 'the imitation of the Realtime API; independent of the client, so it shares none of its parsers', imports: ['packages'] },
  packages: { contents: 'versions of the packages that server and sandbox use but do not install', imports: [] },
  demo: { contents: 'the demo page and the command that starts it: the only place that combines server and sandbox', imports: ['server', 'sandbox', 'element', 'contract'] },
};

/**
 * The rooms of a layer. Files directly in the layer's folder may import every room; a room may import those files only if `common` lists
 * them.
 * @type {Readonly<Record<string, { readonly common: readonly string[]; readonly rooms: Readonly<Record<string, Layer>> }>>}
 */
export const ROOMS = {
  transport: {
    common: ['transport.ts'],
    rooms: {
      shared: { contents: 'reading, repairing and sending events, for all transports of the SDK', imports: [] },
      webrtc: { contents: 'the call over WebRTC', imports: ['shared'] },
      websocket: { contents: 'the call over WebSocket, with its audio', imports: ['shared'] },
      custom: { contents: 'a transport that the page supplies', imports: ['shared'] },
      agent: { contents: 'a page\'s `RealtimeAgent` on top of a transport', imports: ['custom'] },
    },
  },
  server: {
    common: ['options.ts', 'resolved-options.ts'],
    rooms: {
      contract: { contents: 'the interfaces between the rooms: state, problems, events', imports: [] },
      crypto: { contents: 'random names, keyed hashes', imports: [] },
      observe: { contents: 'what is logged and counted', imports: ['contract'] },
      state: { contents: 'rates, budgets and calls in memory and in Redis', imports: ['contract', 'crypto'] },
      upstream: { contents: 'requests to the Realtime API', imports: ['contract'] },
      http: { contents: 'problem details, origins, status routes', imports: ['observe', 'contract'] },
      guards: { contents: 'the checks before a key or a call, in their order', imports: ['http', 'crypto', 'contract'] },
      keys: { contents: 'ephemeral keys', imports: ['guards', 'http', 'upstream', 'contract'] },
      calls: { contents: 'brokered calls and their sidebands', imports: ['guards', 'http', 'upstream', 'crypto', 'contract'] },
      phone: { contents: 'phone calls', imports: ['calls', 'guards', 'http', 'upstream', 'crypto', 'contract'] },
      config: { contents: 'validates and completes the configuration', imports: ['phone', 'keys', 'guards', 'http', 'observe', 'state', 'contract'] },
      'runtime/node': { contents: 'what only Node can do', imports: ['http', 'observe', 'state', 'contract'] },
      'runtime/cloudflare': { contents: 'what only workerd can do', imports: ['index.ts', 'config', 'phone', 'calls', 'guards', 'observe', 'contract'] },
      command: { contents: 'the `voice-agent-server` command', imports: ['index.ts', 'runtime/node', 'config', 'guards', 'state', 'contract'] },
    },
  },
  sandbox: {
    common: ['clock.ts'],
    rooms: {
      protocol: { contents: 'events, errors, ids, schemas', imports: [] },
      media: { contents: 'audio, speech and the WebRTC peer', imports: [] },
      profiles: { contents: 'the servers that it can imitate', imports: ['protocol'] },
      session: { contents: 'one session: settings, conversation, responses, transcription', imports: ['media', 'protocol'] },
      scripting: { contents: 'scenarios and faults', imports: ['session', 'media', 'protocol'] },
      call: { contents: 'one call over WebRTC or WebSocket', imports: ['scripting', 'session', 'profiles', 'media', 'protocol'] },
      phone: { contents: 'phone calls', imports: ['call', 'session', 'media', 'protocol'] },
      core: { contents: 'all calls, keys and requests of one sandbox', imports: ['phone', 'call', 'scripting', 'session', 'profiles', 'media', 'protocol'] },
      http: { contents: 'the routes', imports: ['core', 'phone', 'call', 'scripting', 'session', 'profiles', 'media', 'protocol'] },
    },
  },
};
