/**
 * Part of `npm run build`: writes the data with which editors complete and describe `<voice-agent>` in HTML and CSS, from the manifest:
 * custom data for VS Code, and web-types for the editors of JetBrains.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { getWebTypesData } from 'custom-element-jet-brains-integration';
import { getVsCodeCssCustomData, getVsCodeHtmlCustomData } from 'custom-element-vs-code-integration';
import { elementManifest } from './element-manifest.js';
import type { Described } from './element-manifest.js';

const root = new URL('../', import.meta.url);
const folder = new URL('dist/editors/', root);
const { name, version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { name: string; version: string };

/** An attribute is text: objects that the property takes, too, are no values of it. */
function asText(attribute: Described): Described {
  const types = (attribute.expandedType ?? attribute.type)?.text.split(' | ') ?? [];
  const literals = types.filter((type) => /^('.*'|number|boolean)$/.test(type));
  return { ...attribute, type: { text: literals.join(' | ') || 'string' } };
}

const element = elementManifest();
const manifest = {
  schemaVersion: '1.0.0',
  modules: [
    {
      kind: 'javascript-module',
      path: 'define.js',
      declarations: [
        {
          ...element,
          attributes: element.attributes?.map(asText),
          members: element.members
            ?.filter((member) => !member.static)
            .map((member) => ({ ...member, type: member.expandedType ?? member.type })),
        },
      ],
    },
  ],
} as unknown as Parameters<typeof getWebTypesData>[0];

const options = { hideLogs: true, hideCssPartsDocs: true, hideCssPropertiesDocs: true };
const webTypes = JSON.parse(getWebTypesData(manifest, options)) as object;
const files = {
  'web-types.json': JSON.stringify({ ...webTypes, name, version }, null, 2),
  'vscode.html-custom-data.json': getVsCodeHtmlCustomData(manifest, options),
  'vscode.css-custom-data.json': getVsCodeCssCustomData(manifest, options),
};
mkdirSync(folder, { recursive: true });
for (const [file, text] of Object.entries(files)) writeFileSync(new URL(file, folder), `${text.trim()}\n`);
