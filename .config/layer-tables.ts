/** Writes the tables of layers and rooms into CONTRIBUTING.md, from `layers.js`; with `--check`, fails if they differ. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { LAYERS, ROOMS } from './layers.js';
import type { Layer } from './layers.js';

const root = new URL('../', import.meta.url);

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
  ...Object.fromEntries(Object.entries(ROOMS).map(([layer, { rooms }]) => [`rooms-${layer}`, table(`room of \`${layer}/\``, rows(rooms, 'no other room'))])),
};

// A folder without a row would have no rules.
const folders = (path: string): string[] => readdirSync(new URL(path, root), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
const problems = folders('src')
  .filter((name) => !['api', 'decisions', 'examples', ...Object.keys(LAYERS)].includes(name))
  .map((name) => `src/${name} has no row in .config/layers.js`);
for (const [layer, { rooms }] of Object.entries(ROOMS)) {
  const known = Object.keys(rooms).map((room) => room.split('/')[0]);
  for (const name of folders(`src/${layer}`)) if (!known.includes(name) && name !== 'deploy') problems.push(`src/${layer}/${name} has no row in .config/layers.js`);
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
else if (after !== before) problems.push('CONTRIBUTING.md does not match .config/layers.js: run `npm run docs`');
if (problems.length > 0) {
  console.error(problems.map((line) => `- ${line}`).join('\n'));
  process.exit(1);
}
console.log(`layer tables match: ${String(Object.keys(LAYERS).length)} layers, ${String(Object.values(ROOMS).flatMap(({ rooms }) => Object.keys(rooms)).length)} rooms`);
