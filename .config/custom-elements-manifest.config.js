/**
 * Generates `custom-elements.json` from the sources' JSDoc. Pages see one element: its properties come from their registry, the custom
 * properties of its views, and the parts exported by `exportparts` (under their outer names), are added to it; the views themselves stay
 * internal.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { optionRows } from './option-rows.js';

/** tag → [inner part, outer name][], from the element's templates. */
function exportedParts() {
  const found = new Map();
  for (const file of readdirSync(new URL('../src/element/', import.meta.url)).filter((name) => name.endsWith('.ts'))) {
    const source = readFileSync(new URL(`../src/element/${file}`, import.meta.url), 'utf8');
    for (const [, tag, , list] of source.matchAll(/<(voice-agent-[a-z]+)([^>]*?)exportparts="([^"]*)"/g)) {
      found.set(
        tag,
        list
          .split(',')
          .map((entry) => entry.trim().split(/:\s*/))
          .map(([inner, outer]) => [inner, outer ?? inner]),
      );
    }
  }
  return found;
}

/** The text up to the parenthesis that closes the one before it. */
function untilClosed(text) {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') depth += 1;
    else if (text[at] === ')' && depth-- === 0) return text.slice(0, at);
  }
  throw new Error(`A parenthesis is not closed: ${text.slice(0, 60)}`);
}

/** The properties and attributes of the registry, in the manifest's format. */
function registered() {
  const rows = optionRows().map(({ type, expandedType, role: _, reflects, ...row }) => ({
    ...row,
    type: { text: type },
    ...(expandedType !== type && { expandedType: { text: expandedType } }),
    reflects: reflects || undefined,
  }));
  const withAttribute = rows.filter(({ attribute }) => attribute);
  return {
    members: rows.map((row) => ({ kind: 'field', privacy: 'public', ...row })),
    attributes: withAttribute.map(({ name, attribute, reflects: _, ...row }) => ({ name: attribute, fieldName: name, ...row })),
  };
}

/** Custom property → its default, as the styles have it: `var(--voice-agent-…, default)`. */
function defaults() {
  const found = new Map();
  for (const folder of ['styles', 'views']) {
    for (const file of readdirSync(new URL(`../src/${folder}/`, import.meta.url)).filter((name) => name.endsWith('.ts'))) {
      const source = readFileSync(new URL(`../src/${folder}/${file}`, import.meta.url), 'utf8');
      for (const match of source.matchAll(/var\((--voice-agent-[a-z-]+),\s*/g)) {
        const text = untilClosed(source.slice(match.index + match[0].length))
          .replace(/\s+/g, ' ')
          .trim();
        found.set(match[1], text);
      }
    }
  }
  return found;
}

/** Public members that only browsers, Lit and the element's own modules use. */
const INTERNAL = ['adoptedCallback', 'connectedMoveCallback', 'renderRoot', 'callOptions'];

const oneElement = {
  name: 'one-element',
  packageLinkPhase({ customElementsManifest: manifest }) {
    const declarations = manifest.modules.flatMap((module) => module.declarations ?? []);
    const agent = declarations.find((one) => one.name === 'VoiceAgent');
    // Selected by name: the analyzer does not follow our base class to Lit's.
    const views = declarations.filter((one) => one.kind === 'class' && /^VoiceAgent[A-Z]/.test(one.name));
    const parts = exportedParts();
    const problems = [];
    agent.cssParts = [];
    const properties = new Map((agent.cssProperties ?? []).map((one) => [one.name, one]));
    for (const view of views) {
      const tag = view.name.replace(/[A-Z]/g, (letter, at) => (at ? '-' : '') + letter.toLowerCase());
      const map = parts.get(tag) ?? [];
      const described = new Map((view.cssParts ?? []).map((part) => [part.name, part.description]));
      for (const [inner, outer] of map) {
        if (!described.has(inner)) problems.push(`${tag} exports the part "${inner}", but does not document it`);
        else if (!agent.cssParts.some((part) => part.name === outer))
          agent.cssParts.push({ name: outer, description: described.get(inner) });
      }
      for (const name of described.keys()) {
        if (!map.some(([inner]) => inner === name))
          problems.push(`${tag} documents the part "${name}", but does not export it to the page`);
      }
      for (const property of view.cssProperties ?? []) {
        // The element itself sets the levels on its views.
        if (!property.name.endsWith('-level') && !properties.has(property.name)) properties.set(property.name, property);
      }
    }
    if (problems.length > 0) throw new Error(`Parts:\n${problems.join('\n')}`);
    const values = defaults();
    agent.cssProperties = [...properties.values()].map((property) => ({ ...property, default: values.get(property.name) }));
    const without = agent.cssProperties.filter((property) => property.default === undefined);
    if (without.length > 0) throw new Error(`No default in the styles: ${without.map(({ name }) => name).join(', ')}`);
    agent.cssParts.sort((a, b) => a.name.localeCompare(b.name));
    const { members, attributes } = registered();
    agent.attributes.push(...attributes);
    agent.members = [
      ...members,
      ...agent.members.filter(({ name, privacy }) => !INTERNAL.includes(name) && privacy !== 'private' && privacy !== 'protected'),
    ];
    manifest.modules = manifest.modules.filter((module) => !module.path.startsWith('src/views/'));
  },
};

export default {
  globs: ['src/element/voice-agent.ts', 'src/views/**/*.ts'],
  outdir: 'dist',
  litelement: true,
  packagejson: false,
  plugins: [oneElement],
};
