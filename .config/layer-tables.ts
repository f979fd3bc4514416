/**
 * Writes the tables of layers and rooms into CONTRIBUTING.md; with `--check`, fails if they differ. Both come from `layers.json`, which
 * ESLint enforces.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { exitOnProblems, markdownTable, markedTables } from './marked-tables.js';

/** One folder: a layer of `src/`, or a room of a large layer. */
interface Layer {
  readonly contents: string;
  /** The folders, or files above the rooms, that it may import. */
  readonly imports: readonly string[];
  /** Those of `imports` that it may load only with `import()`. */
  readonly lazy?: readonly string[];
}

/** The content of `layers.json`. */
interface Rules {
  readonly layers: Readonly<Record<string, Layer>>;
  /** By layer. Files directly in the layer's folder may import every room; rooms may import only the `common` ones of them. */
  readonly rooms: Readonly<Record<string, { readonly common: readonly string[]; readonly rooms: Readonly<Record<string, Layer>> }>>;
}

const root = new URL('../', import.meta.url);
const { layers: LAYERS, rooms: ROOMS } = JSON.parse(readFileSync(new URL('.config/layers.json', root), 'utf8')) as Rules;

const table = (head: string, folders: Readonly<Record<string, Layer>>, none: string): string =>
  markdownTable(
    [head, 'contents', 'may import'],
    Object.entries(folders).map(([name, { contents, imports, lazy = [] }]) => {
      const list = imports.map((one) => (lazy.includes(one) ? `${one} (lazily)` : one)).join(', ');
      return [`\`${name}/\``, contents, list || none];
    }),
  );

const tables: Record<string, string> = {
  layers: table('layer', LAYERS, 'no other layer'),
  ...Object.fromEntries(
    Object.entries(ROOMS).map(([layer, { rooms }]) => [`rooms-${layer}`, table(`room of \`${layer}/\``, rooms, 'no other room')]),
  ),
};

// A folder without a row would have no rules.
const folders = (path: string): string[] =>
  readdirSync(new URL(path, root), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
const problems = folders('src')
  .filter((name) => !['api', 'decisions', 'examples', ...Object.keys(LAYERS)].includes(name))
  .map((name) => `src/${name} has no row in .config/layers.json`);
for (const [layer, { rooms }] of Object.entries(ROOMS)) {
  const known = Object.keys(rooms).map((room) => room.split('/')[0]);
  for (const name of folders(`src/${layer}`))
    if (!known.includes(name) && name !== 'deploy') problems.push(`src/${layer}/${name} has no row in .config/layers.json`);
}

exitOnProblems([...problems, ...markedTables('CONTRIBUTING.md', tables, '.config/layers.json')]);
console.log(
  `layer tables match: ${String(Object.keys(LAYERS).length)} layers, ${String(Object.values(ROOMS).flatMap(({ rooms }) => Object.keys(rooms)).length)} rooms`,
);
