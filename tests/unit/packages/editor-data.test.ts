/** The data for editors in `dist/editors/` describes what the manifest describes, and nothing internal. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ATTRIBUTES, EVENTS } from '../../../src/frameworks/element-props.js';

interface Named {
  readonly name: string;
  readonly description?: string;
  readonly type?: string;
  readonly values?: Named[];
}

const read = <T>(file: string): T => JSON.parse(readFileSync(new URL(`../../../dist/${file}`, import.meta.url), 'utf8')) as T;
const names = (rows: readonly Named[] = []): string[] => rows.map(({ name }) => name).sort();

const attributes = [...Object.values(ATTRIBUTES).filter((name) => name !== undefined), 'key-events', 'removal-delay'].sort();
const { modules } = read<{ modules: { declarations: Record<'members' | 'attributes' | 'cssProperties' | 'cssParts', Named[]>[] }[] }>(
  'custom-elements.json',
);
const [agent] = modules.flatMap(({ declarations }) => declarations);

test('the manifest has no internal members', () => {
  const members = names(agent?.members);
  expect(members).toContain('tools');
  expect(members.filter((name) => /^#|callOptions|Callback|renderRoot|getUpdateComplete/.test(name))).toEqual([]);
});

test('VS Code completes the attributes with their values, and the custom properties', () => {
  const [tag] = read<{ tags: { name: string; attributes: Named[] }[] }>('editors/vscode.html-custom-data.json').tags;
  expect(tag?.name).toBe('voice-agent');
  expect(names(tag?.attributes)).toEqual(attributes);
  expect(names(tag?.attributes.find(({ name }) => name === 'transport')?.values)).toEqual(['webrtc', 'websocket']);
  const { properties } = read<{ properties: Named[] }>('editors/vscode.css-custom-data.json');
  expect(names(properties)).toEqual(names(agent?.cssProperties));
});

test('the web-types have attributes, properties, events, custom properties and parts', () => {
  interface WebTypes {
    readonly name: string;
    readonly contributions: {
      readonly html: { readonly elements: { name: string; attributes: Named[]; js: { properties: Named[]; events: Named[] } }[] };
      readonly css: { readonly properties: Named[]; readonly 'pseudo-elements': Named[] };
    };
  }
  const { name, contributions } = read<WebTypes>('editors/web-types.json');
  expect(name).toBe('voice-agent-element');
  const [element] = contributions.html.elements;
  expect(element?.name).toBe('voice-agent');
  expect(names(element?.attributes)).toEqual(attributes);
  expect(names(element?.js.properties)).toEqual(expect.arrayContaining(Object.keys(ATTRIBUTES)));
  expect(names(element?.js.events)).toEqual(Object.values(EVENTS).sort());
  expect(names(contributions.css.properties)).toEqual(names(agent?.cssProperties));
  expect(names(contributions.css['pseudo-elements'])).toEqual(names(agent?.cssParts).map((part) => `part(${part})`));
});
