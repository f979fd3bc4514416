/**
 * Lint: type-aware TypeScript rules, Lit and accessibility rules for templates, and the import rules of the
 * architecture. A folder may import only the folders listed in `layers.json`; import cycles are rejected everywhere.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import lit from 'eslint-plugin-lit';
import litA11y from 'eslint-plugin-lit-a11y';
import tseslint from 'typescript-eslint';

const root = fileURLToPath(new URL('..', import.meta.url));
const { layers, rooms } = JSON.parse(readFileSync(new URL('layers.json', import.meta.url), 'utf8'));

/** A zone per folder of `base`: it may import only itself, the listed folders and the common files. */
const zonesOf = (base, folders, common = []) =>
  Object.entries(folders).map(([name, { imports }]) => ({
    target: `${base}/${name}`,
    from: base,
    except: [`./${name}`, ...[...imports, ...common].map((one) => `./${one}`)],
    message: `${base.slice(2)}/${name} may import only: ${[...imports, ...common].join(', ') || 'no other folder'} (see CONTRIBUTING.md).`,
  }));

const zones = [
  ...zonesOf('./src', layers),
  ...Object.entries(rooms).flatMap(([layer, inside]) => zonesOf(`./src/${layer}`, inside.rooms, inside.common)),
];

/** Imports allowed in only one folder or file, and static imports where the design requires a lazy one. */
const sdk = {
  group: ['@openai/agents', '@openai/agents/*'],
  message: 'Only src/transport, src/server/phone and src/server/runtime may import the Agents SDK.',
};
const lazy = (pattern, message) => ({ group: [pattern], message, allowTypeImports: true });
const restrict = (...patterns) => ({ '@typescript-eslint/no-restricted-imports': ['error', { patterns }] });
const transportIsLazy = lazy('**/transport/**', 'Load src/transport with import(): a page must not load it before the first interaction.');
const sessionIsLazy = {
  ...lazy(
    '**/session/**',
    'Only element/engine.ts, which is lazy itself, may import the session; the first chunk contains only its transport-code.ts.',
  ),
  group: ['**/session/**', '!**/session/load-transport.js'],
};
const viewsAreApart = lazy('./panel-views.js', 'The panel is lazy: load it with import().');

export default tseslint.config(
  // Code in src/server/deploy/worker.ts is for users to copy: it imports the built package, and a test runs it. The projects in
  // type-consumer/ and examples/ import the packed package.
  {
    ignores: [
      'src/server/deploy/',
      'src/examples/',
      'tests/support/type-consumer/',
      'dist/',
      'bench-results/',
      'test-results/',
      'playwright-report/',
      'node_modules/',
    ],
  },
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
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'separate-type-imports', prefer: 'type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/require-await': 'off',
      // Callbacks are declared as methods of an options interface and destructured from it.
      '@typescript-eslint/unbound-method': 'off',
      'no-restricted-syntax': [
        'error',
        { selector: "MemberExpression[property.name='innerHTML']", message: 'Render text as text: HTML sinks are not allowed.' },
        { selector: "MemberExpression[property.name='outerHTML']", message: 'Render text as text: HTML sinks are not allowed.' },
        {
          selector: "CallExpression[callee.property.name='insertAdjacentHTML']",
          message: 'Render text as text: HTML sinks are not allowed.',
        },
        { selector: 'ImportDeclaration[source.value=/unsafe-(html|svg)/]', message: 'Render text as text: HTML sinks are not allowed.' },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/transport/**', 'src/session/**', 'src/element/**', 'src/server/phone/**', 'src/server/runtime/**'],
    rules: restrict(sdk),
  },
  { files: ['src/session/**/*.ts'], rules: restrict(sdk, transportIsLazy) },
  { files: ['src/element/**/*.ts'], ignores: ['src/element/engine.ts'], rules: restrict(sdk, sessionIsLazy, viewsAreApart) },
  { files: ['src/index.ts'], rules: restrict(sdk) },
  {
    files: ['src/{contract,conversation,dialects,element,media,mastra,session,transport,views}/**/*.ts'],
    ignores: ['src/contract/to-json.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'JSON',
          property: 'stringify',
          message: 'Use toJson() of contract/to-json.ts: libraries on the page may have extended Array.prototype.',
        },
      ],
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
