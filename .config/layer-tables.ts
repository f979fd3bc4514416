/**
 * Writes the tables of layers and rooms into CONTRIBUTING.md; with `--check`, fails if they differ. Both come from `layers.json`, which
 * ESLint enforces.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

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

const rows = (folders: Readonly<Record<string, Layer>>, none: string): string =>
  Object.entries(folders)
    .map(([name, { contents, imports, lazy = [] }]) => {
      const list = imports.map((one) => (lazy.includes(one) ? `${one} (lazily)` : one)).join(', ');
      return `| \`${name}/\` | ${contents} | ${list || none} |`;
    })
    .join('\n');

const table = (head: string, body: string): string => `| ${head} | contents | may import |\n| --- | --- | --- |\n${body}`;

const tables: Record<string, string> = {
  layers: table('layer', rows(LAYERS, 'no other layer')),
  ...Object.fromEntries(
    Object.entries(ROOMS).map(([layer, { rooms }]) => [`rooms-${layer}`, table(`room of \`${layer}/\``, rows(rooms, 'no other room'))]),
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

const file = new URL('CONTRIBUTING.md', root);
const before = readFileSync(file, 'utf8');
let after = before;
for (const [name, content] of Object.entries(tables)) {
  const place = new RegExp(`(<!-- table:${name} -->\\n)[\\s\\S]*?(<!-- /table -->)`);
  if (!place.test(after)) problems.push(`CONTRIBUTING.md has no markers for the table "${name}"`);
  after = after.replace(place, (_, start: string, end: string) => `${start}\n${content}\n\n${end}`);
}
if (!process.argv.includes('--check')) writeFileSync(file, after);
else if (after !== before) problems.push('CONTRIBUTING.md does not match .config/layers.json: run `npm run docs`');
if (problems.length > 0) {
  console.error(problems.map((line) => `- ${line}`).join('\n'));
  process.exit(1);
}
console.log(
  `layer tables match: ${String(Object.keys(LAYERS).length)} layers, ${String(Object.values(ROOMS).flatMap(({ rooms }) => Object.keys(rooms)).length)} rooms`,
);
