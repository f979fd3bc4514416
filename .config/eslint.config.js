/**
 * Lint: TypeScript with types, Lit and accessibility rules for templates, and the design's import table.
 * The table below is the house: a room may import only what its line names; circles are refused everywhere.
 */
import { fileURLToPath } from 'node:url';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import lit from 'eslint-plugin-lit';
import litA11y from 'eslint-plugin-lit-a11y';
import tseslint from 'typescript-eslint';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Room → the rooms that it may import. */
const ROOMS = {
  contract: [],
  i18n: [],
  styles: [],
  conversation: ['contract'],
  dialects: ['contract'],
  media: ['contract'],
  transport: ['dialects', 'contract'],
  // `dialects` and `transport` by import() alone: what differs per server must not weigh on the others.
  session: ['transport', 'dialects', 'conversation', 'media', 'contract'],
  mastra: ['session', 'dialects', 'contract'],
  views: ['contract', 'i18n', 'styles'],
  element: ['views', 'session', 'conversation', 'i18n', 'styles', 'contract'],
  packages: [],
  server: ['dialects', 'contract', 'packages'],
  sandbox: ['packages'],
  cms: [],
};

const zones = Object.entries(ROOMS).map(([room, allowed]) => ({
  target: `./src/${room}`,
  from: './src',
  except: [`./${room}`, ...allowed.map((name) => `./${name}`)],
  message: `src/${room} may import only: ${allowed.join(', ') || 'nothing of ours'} (see CONTRIBUTING.md).`,
}));

/** What only one room, or one file, may import; a static import where the design asks for a lazy one is refused. */
const sdk = { group: ['@openai/agents', '@openai/agents/*'], message: 'Only src/transport, src/server/phone and src/server/runtime import the Agents SDK.' };
const lazy = (pattern, message) => ({ group: [pattern], message, allowTypeImports: true });
const restrict = (...patterns) => ({ '@typescript-eslint/no-restricted-imports': ['error', { patterns }] });
const transportIsLazy = lazy('**/transport/**', 'Load src/transport by import(): the page must not pay for it before intent.');
const sessionIsLazy = {
  ...lazy('**/session/**', 'Only element/engine.ts, itself lazy, imports the session; the first chunk has only transport-code.ts of it.'),
  group: ['**/session/**', '!**/session/transport-code.js'],
};
const viewsAreApart = lazy('./panel-views.js', 'The panel is lazy: load it by import().');

export default tseslint.config(
  // Of src/server/deploy, worker.ts is the owner's: it imports the built package, and a test runs it.
  // The projects in type-consumer/ import the packed package.
  { ignores: ['src/server/deploy/', 'tests/support/type-consumer/', 'dist/', 'bench-results/', 'test-results/', 'playwright-report/', 'node_modules/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked, lit.configs['flat/recommended']],
    plugins: { 'import-x': importX, 'lit-a11y': litA11y },
    languageOptions: { parserOptions: { project: ['./tsconfig.json'], tsconfigRootDir: root } },
    settings: {
      'import-x/resolver-next': [createTypeScriptImportResolver({ project: `${root}/tsconfig.json` })],
      litHtmlSources: true,
    },
    rules: {
      ...litA11y.configs.recommended.rules,
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { basePath: root, zones }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports', prefer: 'type-imports', disallowTypeAnnotations: false }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/require-await': 'off',
      // Callbacks are written as methods of a setup interface and read from it by destructuring.
      '@typescript-eslint/unbound-method': 'off',
      'no-restricted-syntax': [
        'error',
        { selector: "MemberExpression[property.name='innerHTML']", message: 'Text is text: no HTML sinks.' },
        { selector: "MemberExpression[property.name='outerHTML']", message: 'Text is text: no HTML sinks.' },
        { selector: "CallExpression[callee.property.name='insertAdjacentHTML']", message: 'Text is text: no HTML sinks.' },
        { selector: "ImportDeclaration[source.value=/unsafe-(html|svg)/]", message: 'Text is text: no HTML sinks.' },
      ],
    },
  },
  { files: ['src/**/*.ts'], ignores: ['src/transport/**', 'src/session/**', 'src/element/**', 'src/server/phone/**', 'src/server/runtime/**'], rules: restrict(sdk) },
  { files: ['src/session/**/*.ts'], rules: restrict(sdk, transportIsLazy) },
  { files: ['src/element/**/*.ts'], ignores: ['src/element/engine.ts'], rules: restrict(sdk, sessionIsLazy, viewsAreApart) },
  { files: ['src/index.ts'], rules: restrict(sdk) },
  {
    files: ['src/{contract,conversation,dialects,element,media,mastra,session,transport,views}/**/*.ts'],
    ignores: ['src/contract/to-json.ts'],
    rules: {
      'no-restricted-properties': ['error', { object: 'JSON', property: 'stringify', message: 'Use toJson() of contract/to-json.ts: libraries of the page may have extended Array.prototype.' }],
    },
  },
  {
    files: ['tests/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
      'no-restricted-syntax': 'off',
    },
  },
);
