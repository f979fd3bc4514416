/** The packages in `dist/` as a software bill of materials: CycloneDX 1.6, JSON. */
import { posix } from 'node:path';
import type { ThirdPartyPackage } from './third-party-package.ts';

/** This package's `package.json` and `package-lock.json`, as far as the SBOM needs them. */
export interface SbomSource {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly description: string;
  readonly dependencies: object;
  readonly devDependencies: object;
  /** The lock file's packages, by folder. */
  readonly locked: Readonly<Record<string, { readonly integrity?: string }>>;
}

const purl = ({ name, version }: { readonly name: string; readonly version: string }): string =>
  `pkg:npm/${name.replace('@', '%40')}@${version}`;

/**
 * Creates the SBOM. Its content depends only on the arguments, so that two builds of the same sources are equal.
 * @param builds for each package's folder, the builds that contain its code
 * @param epoch SOURCE_DATE_EPOCH, in seconds; without it the SBOM has no timestamp
 */
export function createSbom(
  packages: readonly ThirdPartyPackage[],
  source: SbomSource,
  builds: (folder: string) => readonly string[],
  epoch?: string,
): object {
  const known = new Map(packages.map((one) => [one.folder, one]));
  /** Finds a package as Node does: in the importing package's folder, then in the folders above. */
  const resolve = (folder: string, name: string): ThirdPartyPackage | undefined => {
    for (let at = folder; at !== '.'; at = posix.dirname(at)) {
      const found = known.get(`${at}/node_modules/${name}`);
      if (found) return found;
    }
    return known.get(`node_modules/${name}`);
  };
  const importsOf = (one: ThirdPartyPackage): string[] =>
    one.imports
      .flatMap((name) => resolve(one.folder, name) ?? [])
      .map(purl)
      .sort();
  const imported = new Set(packages.flatMap(importsOf));
  const ours = { ...source.dependencies, ...source.devDependencies };
  // Packages reached only through one that is not bundled, such as `lit`, count as direct.
  const direct = packages.filter((one) => one.name in ours || !imported.has(purl(one)));
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      ...(epoch && { timestamp: new Date(Number(epoch) * 1000).toISOString() }),
      lifecycles: [{ phase: 'build' }],
      component: {
        type: 'library',
        'bom-ref': purl(source),
        name: source.name,
        version: source.version,
        description: source.description,
        licenses: [{ license: { id: source.license } }],
        purl: purl(source),
      },
    },
    components: packages.map((one) => ({
      type: 'library',
      'bom-ref': purl(one),
      ...(one.name.startsWith('@') && { group: posix.dirname(one.name) }),
      name: posix.basename(one.name),
      version: one.version,
      licenses: [{ license: { id: one.licence } }],
      purl: purl(one),
      externalReferences: [distribution(one, source.locked[one.folder]?.integrity)],
      properties: builds(one.folder).map((value) => ({ name: `${source.name}:build`, value })),
    })),
    dependencies: [
      { ref: purl(source), dependsOn: direct.map(purl) },
      ...packages.map((one) => ({ ref: purl(one), dependsOn: importsOf(one) })),
    ],
  };
}

/** The archive in the registry, with its hash from the lock file. */
function distribution({ name, version }: ThirdPartyPackage, integrity = ''): object {
  const [, sha512] = /^sha512-(\S+)/.exec(integrity) ?? [];
  return {
    type: 'distribution',
    url: `https://registry.npmjs.org/${name}/-/${posix.basename(name)}-${version}.tgz`,
    ...(sha512 && { hashes: [{ alg: 'SHA-512', content: Buffer.from(sha512, 'base64').toString('hex') }] }),
  };
}
