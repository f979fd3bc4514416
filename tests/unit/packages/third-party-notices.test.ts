/** The licence texts and the SBOM in `dist/`, which `npm run build` writes: complete, valid, and no licence that we do not allow. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { describe, expect, it, onTestFinished } from 'vitest';
import { packageFolder } from '../../../.config/bundled-packages.js';
import { createSbom } from '../../../.config/sbom.js';
import { ALLOWED_LICENCES, readThirdPartyPackage, type ThirdPartyPackage } from '../../../.config/third-party-package.js';
import { root } from '../repository/repository-files.js';

const read = (file: string): string => readFileSync(root + file, 'utf8');

interface Sbom {
  components: { purl: string; version: string; licenses: [{ license: { id: string } }]; properties: { name: string; value: string }[] }[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

const notices = read('dist/THIRD_PARTY_LICENSES');
const text = read('dist/sbom.cdx.json');
const sbom = JSON.parse(text) as Sbom;

/** The folders of the packages in the published files, found without the bundler: from source maps and the comments of files without one. */
function foldersInFiles(): string[] {
  const files = readdirSync(`${root}dist`, { recursive: true, encoding: 'utf8' }).filter((file) => !file.startsWith('demo'));
  const sources = files.flatMap((file) => {
    if (file.endsWith('.js.map')) return (JSON.parse(read(`dist/${file}`)) as { sources: string[] }).sources;
    if (!file.endsWith('.js')) return [];
    return [...read(`dist/${file}`).matchAll(/^\/\/ (?:#region )?(node_modules\/\S+|\\0\S+)$/gm)].map(([, source = '']) =>
      source.replace(/^\\0/, '\0'),
    );
  });
  return [...new Set(sources.flatMap((source) => packageFolder(source) ?? []))];
}

/** A folder with a package `bundled` in `node_modules`. */
function projectWith(manifest: object, files: Readonly<Record<string, string>>): string {
  const project = mkdtempSync(join(tmpdir(), 'notices-'));
  onTestFinished(() => rmSync(project, { recursive: true }));
  const folder = join(project, 'node_modules/bundled');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'bundled', version: '1.0.0', ...manifest }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return project;
}

const readBundled = (manifest: object, files: Readonly<Record<string, string>> = { LICENSE: 'text' }): ThirdPartyPackage =>
  readThirdPartyPackage(projectWith(manifest, files), 'node_modules/bundled');

const validate = (json: string): Promise<unknown> => new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(json);

describe('the published files', () => {
  const folders = foldersInFiles();

  it('contain packages of the page and of the server', () => {
    expect(folders).toEqual(
      expect.arrayContaining(['lit-html', '@openai/agents-core', 'hono', 'prom-client', 'rolldown'].map((name) => `node_modules/${name}`)),
    );
  });

  it.each(folders)('name %s with its version, licence and licence text, and list it in the SBOM', (folder) => {
    const { name, version, license } = JSON.parse(read(`${folder}/package.json`)) as { name: string; version: string; license: string };
    expect(ALLOWED_LICENCES).toContain(license);
    expect(notices).toContain(`\n${name}@${version}\nLicence: ${license}\n`);
    for (const file of readdirSync(root + folder).filter((one) => /^(license|licence|notice)/i.test(one)))
      expect(notices, file).toContain(read(`${folder}/${file}`).trim());
    const component = sbom.components.find(({ purl }) => purl === `pkg:npm/${name.replace('@', '%40')}@${version}`);
    expect(component).toMatchObject({ version, licenses: [{ license: { id: license } }] });
  });

  it('have the same packages in both lists, and no other', () => {
    const names = [...notices.matchAll(/^=+\n(\S+@\S+)\nLicence: /gm)].map(([, name = '']) => name);
    expect(sbom.components.map(({ purl }) => decodeURIComponent(purl.replace('pkg:npm/', '')))).toEqual(names);
    expect(names).toHaveLength(folders.length);
  });
});

describe('the SBOM', () => {
  it('is valid CycloneDX', async () => {
    expect(await validate(text)).toBeNull();
    expect(await validate(text.replace('"type": "library"', '"type": "book"')), 'the validator finds an invalid type').not.toBeNull();
  });

  it('states which build contains a component, and connects every component to the package', () => {
    for (const { properties } of sbom.components) expect(properties.length).toBeGreaterThan(0);
    const edges = new Map(sbom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
    const reached = new Set<string>();
    const visit = (ref: string): void => {
      if (reached.has(ref)) return;
      reached.add(ref);
      edges.get(ref)?.forEach(visit);
    };
    visit(sbom.dependencies[0]?.ref ?? '');
    expect(reached.size).toBe(sbom.components.length + 1);
  });

  it('has a timestamp only for SOURCE_DATE_EPOCH', async () => {
    const source = { name: 'a', version: '1.0.0', license: 'MIT', description: '', dependencies: {}, devDependencies: {}, locked: {} };
    const create = (epoch?: string): string => JSON.stringify(createSbom([readBundled({ license: 'ISC' })], source, () => ['node'], epoch));
    expect(JSON.parse(create())).not.toHaveProperty('metadata.timestamp');
    expect(JSON.parse(create('86400'))).toMatchObject({ metadata: { timestamp: '1970-01-02T00:00:00.000Z' } });
    expect(await validate(create('86400'))).toBeNull();
  });
});

describe('a bundled package', () => {
  it.each(['GPL-3.0-only', 'MIT OR GPL-3.0-only', 'SEE LICENSE IN LICENSE.md', undefined, { type: 'MIT' }])(
    'with the licence %j fails the build',
    (license) => {
      expect(() => readBundled({ license })).toThrow(/^bundled@1\.0\.0 has the licence .*; allowed are 0BSD, Apache-2\.0/);
    },
  );

  it('without a licence text fails the build', () => {
    expect(() => readBundled({ license: 'MIT' }, { 'README.md': 'MIT' })).toThrow(
      'bundled@1.0.0 has no file with the text of its licence (MIT).',
    );
  });

  it('keeps its notice below its licence', () => {
    expect(readBundled({ license: 'Apache-2.0' }, { NOTICE: 'By us.\n', 'LICENSE.txt': 'Terms.\n' }).text).toBe('Terms.\n\nBy us.');
  });
});

describe('the package of a module', () => {
  it.each([
    ['/home/node_modules/hono/dist/hono.js', 'node_modules/hono'],
    ['../../node_modules/@lit/reactive-element/css-tag.js?x', 'node_modules/@lit/reactive-element'],
    ['/home/node_modules/a/node_modules/@b/c/index.js', 'node_modules/a/node_modules/@b/c'],
    ['\0rolldown/runtime.js', 'node_modules/rolldown'],
    ['\0rolldown_dynamic_import_helper.js', 'node_modules/rolldown'],
    ['\0no-debug', undefined],
    ['/home/src/define.ts', undefined],
  ])('is found for %j', (id, folder) => {
    expect(packageFolder(id)).toBe(folder);
  });

  it.each(['\0other/helper.js', '/home/node_modules/openai/_vendor/partial-json-parser/parser.mjs'])(
    'must be known: %j fails the build',
    (id) => {
      expect(() => packageFolder(id)).toThrow(id.startsWith('\0') ? 'is unknown' : 'a licence of its own');
    },
  );
});
