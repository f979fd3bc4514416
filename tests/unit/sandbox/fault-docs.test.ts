/** The README of the sandbox documents every fault at its place. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FAULTS } from '../../../src/sandbox/scripting/faults.js';

const readme = readFileSync(new URL('../../../src/sandbox/README.md', import.meta.url), 'utf8');

/** `place/fault` for every fault in the table; a row without a place continues the one above. */
function documented(): string[] {
  const rows = readme.slice(readme.indexOf('## Faults'), readme.indexOf('`when` is the moment')).matchAll(/^\|(.*?)\| (`.*?`) \| .* \|$/gm);
  let places: string[] = [];
  return [...rows].slice(1).flatMap(([, at = '', faults = '']) => {
    // Parentheses contain fields, not places.
    const named = [...at.replace(/\(.*\)/, '').matchAll(/`([^`]+)`/g)].map(([, place = '']) => place);
    if (named.length > 0) places = named;
    return [...faults.matchAll(/`([^`]+)`/g)].flatMap(([, fault = '']) => places.map((place) => `${place}/${fault}`));
  });
}

it('documents every fault at its place, and no others', () => {
  const defined = FAULTS.flatMap(({ at, name }) => at.map((place) => `${place}/${name}`));
  expect(documented().sort()).toEqual(defined.sort());
});
