/**
 * Part of `npm run build`: writes `dist/THIRD_PARTY_LICENSES`, the licence texts of the packages whose code is in `dist/`, and
 * `dist/sbom.cdx.json`, the same packages as an SBOM. Reads the records that the builds leave (`bundled-packages.ts`).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PUBLISHED_BUILDS, recordOf } from './bundled-packages.ts';
import { createSbom, type SbomSource } from './sbom.ts';
import { readThirdPartyPackage, type ThirdPartyPackage } from './third-party-package.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const readJson = <T>(file: string): T => JSON.parse(readFileSync(join(root, file), 'utf8')) as T;
const records = PUBLISHED_BUILDS.map((build) => [build, readJson<string[]>(`dist/${recordOf(build)}`)] as const);
const buildsOf = (folder: string): string[] => records.flatMap(([build, folders]) => (folders.includes(folder) ? [build] : []));

const packages = [...new Set(records.flatMap(([, folders]) => folders))].sort().map((folder) => readThirdPartyPackage(root, folder));
const source = {
  ...readJson<SbomSource>('package.json'),
  locked: readJson<{ packages: SbomSource['locked'] }>('package-lock.json').packages,
};

const RULE = '='.repeat(80);
const section = ({ folder, name, version, licence, text }: ThirdPartyPackage): string =>
  `${RULE}\n${name}@${version}\nLicence: ${licence}\nBuilds: ${buildsOf(folder).join(', ')}\n${RULE}\n\n${text}\n`;
const head = `The files of ${source.name} contain code of ${String(packages.length)} other packages, under the licences below.
Keep this file next to the code when you copy or host it. sbom.cdx.json lists the same packages.
"Builds" states which files contain a package: script (voice-agent.js, agents.js, chunks/, flat/, single/), npm (the entry
points for bundlers, npm/, chunks/), node (the server and sandbox, node/), worker (worker.js), admin (the operator's page, admin/),
sandbox-browser (sandbox-browser.js).
`;

writeFileSync(join(root, 'dist/THIRD_PARTY_LICENSES'), [head, ...packages.map(section)].join('\n'));
writeFileSync(
  join(root, 'dist/sbom.cdx.json'),
  `${JSON.stringify(createSbom(packages, source, buildsOf, process.env['SOURCE_DATE_EPOCH']), null, 2)}\n`,
);
