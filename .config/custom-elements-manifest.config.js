/**
 * `custom-elements.json` is made from the sources' JSDoc. Pages see one element: its views' custom properties, and the
 * parts that `exportparts` lets through (under their outer names), are written onto it; the views themselves stay inside.
 */
import { readFileSync, readdirSync } from 'node:fs';

/** tag → [inner part, outer name][], as the element's templates say. */
function exportedParts() {
  const found = new Map();
  for (const file of readdirSync(new URL('../src/element/', import.meta.url)).filter((name) => name.endsWith('.ts'))) {
    const source = readFileSync(new URL(`../src/element/${file}`, import.meta.url), 'utf8');
    for (const [, tag, , list] of source.matchAll(/<(voice-agent-[a-z]+)([^>]*?)exportparts="([^"]*)"/g)) {
      found.set(tag, list.split(',').map((entry) => entry.trim().split(/:\s*/)).map(([inner, outer]) => [inner, outer ?? inner]));
    }
  }
  return found;
}

const oneElement = {
  name: 'one-element',
  packageLinkPhase({ customElementsManifest: manifest }) {
    const declarations = manifest.modules.flatMap((module) => module.declarations ?? []);
    const agent = declarations.find((one) => one.name === 'VoiceAgent');
    // By name: the analyzer does not follow a base class of ours to Lit's.
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
        if (!described.has(inner)) problems.push(`${tag} exports the part "${inner}", which it does not document`);
        else if (!agent.cssParts.some((part) => part.name === outer)) agent.cssParts.push({ name: outer, description: described.get(inner) });
      }
      for (const name of described.keys()) {
        if (!map.some(([inner]) => inner === name)) problems.push(`${tag} has the part "${name}", which is not exported to the page`);
      }
      for (const property of view.cssProperties ?? []) {
        // The levels are written by the element itself, on its views.
        if (!property.name.endsWith('-level') && !properties.has(property.name)) properties.set(property.name, property);
      }
    }
    if (problems.length > 0) throw new Error(`Parts:\n${problems.join('\n')}`);
    agent.cssProperties = [...properties.values()];
    agent.cssParts.sort((a, b) => a.name.localeCompare(b.name));
    // What browsers and Lit call; pages do not.
    agent.members = agent.members.filter(({ name }) => !['adoptedCallback', 'connectedMoveCallback', 'renderRoot'].includes(name));
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
