/**
 * Reads the registry of the element's properties (`src/element/element-options.ts`) from the sources, for the manifest: attribute, role and
 * initial value from its rows, type, text and `@default` from the members of the interfaces.
 */
import { readFileSync } from 'node:fs';
import { ts } from '@custom-elements-manifest/analyzer';

const parse = (path) =>
  ts.createSourceFile(path, readFileSync(new URL(`../src/${path}`, import.meta.url), 'utf8'), ts.ScriptTarget.Latest, true);
const contract = ['contract/options.ts', 'contract/dialect.ts', 'contract/realtime-event.ts'].map(parse);
const registry = parse('element/element-options.ts');

/** Alias → its type as text, if it consists of string literals, or of the elements of an array of them. */
const literals = new Map(
  contract
    .flatMap(({ statements }) => statements)
    .filter((node) => ts.isTypeAliasDeclaration(node) && /^('[^']*'\s*\|?\s*)+$/.test(node.type.getText()))
    .map((node) => [node.name.text, node.type.getText()]),
);
for (const [, alias, array] of contract.map(({ text }) => [...text.matchAll(/type (\w+) = \(typeof (\w+)\)\[number\];/g)]).flat()) {
  const [, names] = contract.map(({ text }) => new RegExp(`const ${array} = \\[(.*)\\] as const;`).exec(text)).find(Boolean);
  literals.set(alias, names.replaceAll(', ', ' | '));
}
const expanded = (type) => type.replace(/\b\w+\b/g, (name) => literals.get(name) ?? name);

/** Member → type, text and default. */
function members(source, name) {
  const declaration = source.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === name);
  return new Map(
    declaration.members.map((node) => {
      const comment = node.jsDoc?.at(-1)?.comment;
      const preset = ts.getJSDocTags(node).find((tag) => tag.tagName.text === 'default');
      const type = node.type.getText() + (node.questionToken ? ' | undefined' : '');
      return [node.name.text, { type, description: ts.getTextOfJSDocComment(comment), default: ts.getTextOfJSDocComment(preset?.comment) }];
    }),
  );
}

const entries = (object) => object.properties.filter(ts.isPropertyAssignment).map((node) => [node.name.text, node.initializer]);
const fieldsOf = (row) =>
  Object.fromEntries((ts.isObjectLiteralExpression(row) ? entries(row) : []).map(([name, value]) => [name, value.getText()]));

/** @returns the rows in order: `{name, role, attribute?, reflects, type, expandedType, default?, description}` */
export function optionRows() {
  const documented = { call: members(contract[0], 'CallOptions'), look: members(registry, 'LookOptions') };
  const declarations = registry.statements.filter(ts.isVariableStatement).flatMap(({ declarationList }) => declarationList.declarations);
  const table = declarations.find((node) => node.name.text === 'elementOptions').initializer;
  return entries(table).flatMap(([role, rows]) =>
    entries(rows).map(([name, row]) => {
      const { attribute = `'${name.toLowerCase()}'`, reflect, default: preset } = fieldsOf(row);
      const { type, description, default: documentedDefault } = documented[role].get(name);
      return {
        name,
        role,
        ...(attribute !== 'false' && { attribute: attribute.slice(1, -1) }),
        reflects: reflect === 'true',
        type,
        expandedType: expanded(type),
        description,
        default: preset ?? documentedDefault,
      };
    }),
  );
}
