/**
 * The recipes of CONTRIBUTING as edits of a copy of the sources. Each recipe has the files that it touches by hand, a first step after
 * which the compiler reports what is missing, and all steps.
 */

/** One edit: what a file contains, and what takes its place; without `find`, the whole text of a new file. */
export interface Edit {
  readonly file: string;
  /** Must occur in the file exactly once. */
  readonly find?: string | RegExp;
  readonly put: string;
}

/** One recipe, with the beginning of its paragraph in CONTRIBUTING. */
export interface Recipe {
  readonly title: string;
  /** The first edits alone do not compile: the compiler names these files. Omitted if the first step is complete. */
  readonly reports?: { readonly after: number; readonly files: readonly string[] };
  readonly edits: readonly Edit[];
  /** Most source files that the recipe may touch. */
  readonly atMost: number;
}

/** By name. */
export const RECIPES = {
  attribute: {
    title: 'Add an attribute.',
    atMost: 3,
    reports: { after: 1, files: ['src/element/element-options.ts'] },
    edits: [
      {
        file: 'src/contract/options.ts',
        find: /(interface CallOptions \{\n)/,
        put: '$1  /** Sentence that the agent says at the end. */\n  readonly farewell?: string;\n',
      },
      { file: 'src/element/element-options.ts', find: /(\n {4}greeting: \{\},\n)/, put: '$1    farewell: {},\n' },
      {
        file: 'src/session/session-settings.ts',
        find: /$(?![\s\S])/,
        put: "\n/** The last sentence of a call. */\nexport const farewellOf = ({ farewell }: CallOptions): string => farewell ?? '';\n",
      },
    ],
  },
  button: {
    title: 'Add a button.',
    atMost: 6,
    edits: [
      {
        file: 'src/contract/events.ts',
        find: /(interface RequestDetails \{\n)/,
        put: "$1  /** Put the call on hold. */\n  'voice-agent-hold-request': undefined;\n",
      },
      { file: 'src/i18n/strings.ts', find: /(\n {2}readonly minimise: string;\n)/, put: '$1  readonly hold: string;\n' },
      { file: 'src/i18n/en-panel.ts', find: /(\n {2}minimise: 'Minimise',\n)/, put: "$1  hold: 'Hold',\n" },
      { file: 'src/views/panel-icons.ts', find: /(export const panelIcons = \{\n)/, put: "$1  hold: icon('M8 5v14M16 5v14'),\n" },
      {
        file: 'src/views/controls.ts',
        find: /( +)(<button part="end-button" @click=\$\{this\.#end\}>)/,
        put: '$1<button part="hold-button" class="quiet" @click=${this.#hold}>${panelIcons.hold}<span .textContent=${s.hold}></span></button>\n$1$2',
      },
      {
        file: 'src/views/controls.ts',
        find: /( {2}readonly #end = )/,
        put: "  readonly #hold = (): void => void this.dispatchEvent(new RequestEvent('voice-agent-hold-request'));\n\n$1",
      },
      { file: 'src/element/panel.ts', find: /(interrupt-button, end-button")/, put: 'hold-button, $1' },
    ],
    reports: { after: 2, files: ['src/i18n/en-panel.ts'] },
  },
  state: {
    title: 'Add a state or an activity.',
    atMost: 5,
    reports: { after: 1, files: ['src/views/visual-state.ts'] },
    edits: [
      { file: 'src/contract/states.ts', find: /export type Activity = /, put: "export type Activity = 'on-hold' | " },
      { file: 'src/views/visual-state.ts', find: /(export type VisualState =\n)/, put: "$1  | 'on-hold'\n" },
      { file: 'src/views/visual-state.ts', find: /( +)(case 'thinking':\n)/, put: "$1case 'on-hold':\n$1  return s.onHold;\n$1$2" },
      { file: 'src/i18n/strings.ts', find: /(\n {2}readonly ready: string;\n)/, put: '$1  readonly onHold: string;\n' },
      { file: 'src/i18n/en-panel.ts', find: /(\n {2}ready: '[^\n]*',\n)/, put: "$1  onHold: 'On hold',\n" },
    ],
  },
  // cspell:disable -- German
  language: {
    title: 'Add a language.',
    atMost: 4,
    reports: { after: 1, files: ['src/i18n/de.ts'] },
    edits: [
      {
        file: 'src/i18n/de.ts',
        put: "/** German strings of the first chunk. */\nimport type { LauncherStrings } from './strings.js';\n\n/** German strings of the launcher. */\nexport const de: LauncherStrings = {\n  heading: 'Sprechen Sie mit uns',\n};\n",
      },
      {
        file: 'src/i18n/de.ts',
        find: /( {2}heading: '[^\n]*',\n)/,
        put: "$1  disclosure: 'KI-Sprachassistent',\n  captionsDisclosure: 'KI schreibt mit, was Sie sagen',\n  start: 'Gespräch beginnen',\n  typeInstead: 'Lieber schreiben',\n  connecting: 'Verbindung wird aufgebaut …',\n  failed: 'Anruf fehlgeschlagen',\n  reload: 'Seite neu laden',\n",
      },
    ],
  },
  // cspell:enable
  dialect: {
    title: 'Add a dialect.',
    atMost: 4,
    edits: [
      {
        file: 'src/dialects/servers/acme.ts',
        put: "/** Acme's server: GA without hang-up. Source: its documentation. */\nimport type { Dialect } from '../../contract/dialect.js';\n\nexport const acme: Dialect = { name: 'acme', offer: { hangUp: false } };\n",
      },
      { file: 'src/contract/dialect.ts', find: /(const DIALECT_NAMES = \[)/, put: "$1'acme', " },
      { file: 'src/dialects/README.md', find: /(\n\| `hf` \|)/, put: '\n| `acme` | Acme | `POST /realtime/calls` | yes | none |$1' },
    ],
  },
  guard: {
    title: 'Add a guard.',
    atMost: 4,
    reports: { after: 1, files: ['src/server/guards/opening-hours.ts'] },
    edits: [
      {
        file: 'src/server/guards/opening-hours.ts',
        put: "/** Rejects calls while the office is closed. */\nimport type { MiddlewareHandler } from 'hono';\nimport { problem } from '../http/problem.js';\nimport type { VoiceEnv } from '../http/voice-env.js';\n\n/** Rejects requests that name the wrong day. */\nexport function openingHours(): MiddlewareHandler<VoiceEnv> {\n  return async function openingHours(c, next) {\n    if (c.req.header('x-day') === 'sunday') return problem(c, 'closed');\n    await next();\n  };\n}\n",
      },
      {
        file: 'src/server/contract/problem-codes.ts',
        find: /(export const PROBLEMS = \{\n)/,
        put: "$1  closed: [403, 'Closed', 'The office is closed today.'],\n",
      },
      {
        file: 'src/server/guards/guard-call.ts',
        find: /(import \{ namedProfile \} )/,
        put: "import { openingHours } from './opening-hours.js';\n$1",
      },
      {
        file: 'src/server/guards/guard-call.ts',
        find: /( +)(namedProfile\(resolved\.profiles, access\),)/,
        put: '$1openingHours(),\n$1$2',
      },
      { file: 'src/server/guards/README.md', find: /$(?![\s\S])/, put: '\nOpening hours: rejects calls while the office is closed.\n' },
    ],
  },
  fault: {
    title: 'Add a sandbox fault.',
    atMost: 2,
    edits: [
      {
        file: 'src/sandbox/scripting/http-faults.ts',
        find: /(export const HTTP_FAULTS = \[\n)/,
        put: "$1  // Responds 418.\n  defineFault({ at: ENDPOINTS, name: 'teapot', schema: object({ brand: text() }, ['brand']) }, async ({ brand }) => new Response(brand, { status: 418 })),\n",
      },
      { file: 'src/sandbox/README.md', find: /(\n\| \| `redirect`)/, put: '\n| | `teapot` | responds 418 |$1' },
    ],
  },
  row: {
    title: 'Correct the order of rows.',
    atMost: 1,
    edits: [
      {
        file: 'src/conversation/order.ts',
        find: "if (previous === 'root' || rooted",
        put: "if (previous === 'root' || previous === 'start' || rooted",
      },
    ],
  },
} as const satisfies Record<string, Recipe>;
