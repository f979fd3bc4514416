/**
 * Keeps README.md's tables in sync with the manifest: writes the tables from dist/custom-elements.json, or with
 * `--check` fails if they differ. Also fails if the manifest lacks a description, an event or a part.
 */
import { readFileSync } from 'node:fs';
import { elementManifest } from './element-manifest.js';
import type { Described } from './element-manifest.js';
import { exitOnProblems, markdownTable, markedTables } from './marked-tables.js';

const root = new URL('../', import.meta.url);
const text = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const problems: string[] = [];

const agent = elementManifest();

const oneLine = (words = ''): string => words.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim();
const code = (words: string): string => `\`${words.replaceAll('|', '\\|')}\``;

const fields = (agent.members ?? []).filter((member) => member.kind === 'field');
const methods = (agent.members ?? []).filter((member) => member.kind === 'method' && !member.static);
const attributeOf = (field: Described): string | undefined =>
  agent.attributes?.find((one) => one.fieldName === field.name)?.name ?? field.attribute;

const typeOf = ({ expandedType, type }: Described): string => {
  const name = (expandedType ?? type)?.text.replace(/ \| undefined$/, '');
  return name ? code(name) : '';
};
const defaultOf = ({ default: preset }: Described): string => (preset ? code(preset.replace(/^'(.*)'$/, '$1')) : '');

const parameters = (method: Described): string =>
  (method.parameters ?? []).map((one) => one.name + (one.optional || one.default !== undefined ? '?' : '')).join(', ');

const rows: Record<string, { head: string[]; body: string[][] }> = {
  attributes: {
    head: ['attribute', 'property', 'type', 'default', 'description'],
    body: [
      ...fields.map((one) => [
        attributeOf(one) ? code(attributeOf(one) ?? '') : '–',
        code(one.name),
        typeOf(one),
        defaultOf(one),
        oneLine(one.description),
      ]),
      ...(agent.attributes ?? [])
        .filter(({ fieldName }) => !fieldName)
        .map((one) => [code(one.name), '–', typeOf(one), defaultOf(one), oneLine(one.description)]),
    ],
  },
  methods: {
    head: ['method', 'description'],
    body: methods.map((one) => [code(`${one.name}(${parameters(one)})`), oneLine(one.description)]),
  },
  events: { head: ['event', 'when'], body: (agent.events ?? []).map((one) => [code(one.name), oneLine(one.description)]) },
  parts: { head: ['part', 'description'], body: (agent.cssParts ?? []).map((one) => [code(one.name), oneLine(one.description)]) },
  properties: {
    head: ['custom property', 'default', 'description'],
    body: (agent.cssProperties ?? []).map((one) => [code(one.name), one.default ? code(one.default) : '', oneLine(one.description)]),
  },
  states: { head: ['state', 'when'], body: (agent.cssStates ?? []).map((one) => [code(`:state(${one.name})`), oneLine(one.description)]) },
};

for (const [name, { head, body }] of Object.entries(rows)) {
  if (body.length === 0) problems.push(`the manifest has no ${name}`);
  for (const row of body) if (!row[head.length - 1]) problems.push(`${name}: ${row[0]} has no description`);
}

// The event list must match the types.
const [, typed = ''] = /interface VoiceAgentEventDetails \{([\s\S]*?)\n\}/.exec(text('src/contract/events.ts')) ?? [];
const promised = [...typed.matchAll(/^ {2}'(voice-agent-[a-z-]+)': \{/gm)].map((match) => match[1] as string);
const documented = new Set((agent.events ?? []).map((one) => one.name));
for (const name of promised) if (!documented.has(name)) problems.push(`event ${name} has a type, but is not in the manifest (@fires)`);
for (const name of documented) if (!promised.includes(name)) problems.push(`event ${name} is in the manifest, but has no type`);

const tables = Object.fromEntries(Object.entries(rows).map(([name, { head, body }]) => [name, markdownTable(head, body)]));
exitOnProblems([...problems, ...markedTables('README.md', tables, 'the manifest')]);
console.log(`manifest and README tables match: ${fields.length} properties, ${methods.length} methods, ${promised.length} events`);
