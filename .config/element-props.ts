/**
 * Keeps `src/frameworks/element-props.ts` in sync with the manifest: writes it from dist/custom-elements.json, or with `--check` fails if it
 * differs. It holds the properties, attributes and events of `<voice-agent>` for the React component and the types of other frameworks.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { elementManifest } from './element-manifest.js';
import type { Described } from './element-manifest.js';

const OUTPUT = new URL('../src/frameworks/element-props.ts', import.meta.url);

const { members = [], attributes = [], events = [] } = elementManifest();
const properties = members.filter(({ kind, readonly }) => kind === 'field' && !readonly);
const attributeOf = (property: Described): string | undefined => attributes.find(({ fieldName }) => fieldName === property.name)?.name;

/** The React prop of an event: `onStateChange` for `voice-agent-state-change`. */
const propOf = ({ name }: Described): string =>
  `on${name.replace(/^voice-agent/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())}`;

const comment = ({ description = '' }: Described): string => {
  if (!description) throw new Error('A member of the manifest has no description.');
  return description.includes('\n') ? `/**\n * ${description.replaceAll('\n', '\n * ')}\n */\n` : `/** ${description} */\n`;
};
const lines = <Row extends Described>(rows: readonly Row[], line: (row: Row) => string): string =>
  rows.map((row) => comment(row) + line(row)).join('\n');
const optional = (name: string, type: string): string => `${JSON.stringify(name)}?: ${type} | undefined;`;

/** An attribute contains text: of a property with other types too, only the texts. */
const attributeType = ({ name, fieldName, type }: Described): string => {
  if (fieldName) return `Extract<ElementOptions['${fieldName}'], string>`;
  return name === 'key-events' ? "'page'" : (type?.text ?? 'string');
};

const code = `/** Properties, attributes and events of \`<voice-agent>\`, generated from the manifest: \`npm run docs\` writes this file. */
import type { VoiceAgentEvent } from '../contract/events.js';
import type { ElementOptions } from '../element/element-options.js';

/** The properties that a page can set. */
export interface ElementProps {
${lines(properties, ({ name }) => optional(name, `ElementOptions['${name}']`))}
}

/** The attributes whose name is not the name of a property. */
export interface ElementAttributes {
${lines(
  attributes.filter(({ name, fieldName }) => name !== fieldName),
  (row) => optional(row.name, attributeType(row)),
)}
}

/** The events, each as a prop with its listener. */
export interface ElementEventProps {
${lines(events, (event) => optional(propOf(event), `((event: VoiceAgentEvent<'${event.name}'>) => void)`))}
}

/** Property → its attribute; \`undefined\` if it has none. */
export const ATTRIBUTES: Readonly<Record<string, string | undefined>> = {
${properties.map((property) => `${property.name}: ${JSON.stringify(attributeOf(property))}`).join(',\n')}
};

/** Property → its initial value, of the properties that have one. */
export const INITIAL_VALUES: Readonly<Record<string, unknown>> = {
${properties.flatMap(({ name, type, default: value }) => (type?.text.endsWith('undefined') || !value ? [] : [`${name}: ${value}`])).join(',\n')}
};

/** Prop of an event → the event. */
export const EVENTS: Readonly<Record<keyof ElementEventProps, string>> = {
${events.map((event) => `${propOf(event)}: '${event.name}'`).join(',\n')}
};
`;

const style = await resolveConfig(OUTPUT, { config: new URL('prettier.json', import.meta.url).pathname });
const text = await format(code, { ...style, parser: 'typescript' });
if (!process.argv.includes('--check')) writeFileSync(OUTPUT, text);
else if (readFileSync(OUTPUT, 'utf8') !== text) {
  console.error('src/frameworks/element-props.ts differs from the manifest: run `npm run docs` and commit it.');
  process.exit(1);
}
console.log(`src/frameworks/element-props.ts: ${String(properties.length)} properties, ${String(events.length)} events`);
