/** The registry of the element's properties, the manifest and the README describe the same properties, with the defaults that the code uses. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { DEFAULT_BASE_URL, DEFAULT_TIMEOUT } from '../../../src/contract/options.js';
import { elementOptions } from '../../../src/element/element-options.js';
import { VoiceAgent } from '../../../src/element/voice-agent.js';

interface Described {
  readonly name: string;
  readonly kind?: string;
  readonly privacy?: string;
  readonly readonly?: boolean;
  readonly description?: string;
  readonly default?: string;
  readonly attribute?: string;
  readonly reflects?: boolean;
  readonly fieldName?: string;
}
interface Manifest {
  readonly modules: readonly {
    readonly declarations: readonly { readonly name: string; readonly members: Described[]; readonly attributes: Described[] }[];
  }[];
}

const root = new URL('../../../', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'manifest-'));
afterAll(() => rmSync(folder, { recursive: true }));

execFileSync(
  join(root, 'node_modules/.bin/cem'),
  ['analyze', '--config', '.config/custom-elements-manifest.config.js', '--quiet', '--outdir', relative(root, folder)],
  { cwd: root },
);
const manifest = JSON.parse(readFileSync(join(folder, 'custom-elements.json'), 'utf8')) as Manifest;
const agent =
  manifest.modules.flatMap(({ declarations }) => declarations).find(({ name }) => name === 'VoiceAgent') ??
  expect.fail('the manifest contains the element');
const members = agent.members.filter(({ kind, privacy, readonly }) => kind === 'field' && privacy === 'public' && !readonly);

const rows = Object.entries({ ...elementOptions.call, ...elementOptions.look }).map(([name, row]) => ({
  name,
  attribute: row.attribute === false ? undefined : typeof row.attribute === 'string' ? row.attribute : name.toLowerCase(),
  reflects: row.reflect === true,
  default: row.default,
}));

/** The members of an interface in a source file. */
function membersOf(path: string, name: string): string[] {
  const [, body = ''] = new RegExp(`interface ${name} \\{([\\s\\S]*?)\\n\\}`).exec(readFileSync(join(root, path), 'utf8')) ?? [];
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??:/gm)].map((match) => match[1] as string);
}

test('each member of CallOptions is a row with the role `call`, except two that only sessions have', () => {
  const options = membersOf('src/contract/options.ts', 'CallOptions').filter((name) => name !== 'keyPrefix' && name !== 'approvalTimeout');
  expect(Object.keys(elementOptions.call).sort()).toEqual(options.sort());
  expect(Object.keys(elementOptions.look).sort()).toEqual(membersOf('src/element/element-options.ts', 'LookOptions').sort());
});

test('the element declares the rows, and no other properties', () => {
  expect(VoiceAgent.properties).toEqual({ ...elementOptions.call, ...elementOptions.look });
});

test('the manifest has the rows, with a text, the attribute and the initial value', () => {
  expect(members.map(({ name }) => name)).toEqual(rows.map(({ name }) => name));
  for (const [index, { name, attribute, reflects, default: preset }] of rows.entries()) {
    const member = members[index];
    expect(member, name).toMatchObject({
      description: expect.stringMatching(/\.$/) as string,
      ...(attribute && { attribute }),
      ...(reflects && { reflects }),
    });
    expect(agent.attributes.find(({ fieldName }) => fieldName === name)?.name, name).toBe(attribute);
    if (preset !== undefined) expect(member?.default, name).toBe(typeof preset === 'string' ? `'${preset}'` : String(preset));
  }
});

test('the documented defaults of call settings are those of the code', () => {
  const documented = Object.fromEntries(members.map((member) => [member.name, member.default]));
  expect(documented).toMatchObject({ baseUrl: `'${DEFAULT_BASE_URL}'`, timeout: String(DEFAULT_TIMEOUT) });
});

test('the README lists the same properties and attributes, with their texts', () => {
  const [, table = ''] = /<!-- table:attributes -->([\s\S]*?)<!-- \/table -->/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
  for (const { name, attribute, description = '' } of members) {
    const row = table.split('\n').find((line) => line.startsWith(`| ${attribute ? `\`${attribute}\`` : '–'} | \`${name}\` |`));
    expect(row, name).toContain(description.replace(/\s+/g, ' '));
  }
});
