/** One package whose code is in `dist/`: its version, its licence and the licence's text. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The licences that our users can comply with by keeping `THIRD_PARTY_LICENSES` next to the code. SPDX identifiers. */
export const ALLOWED_LICENCES = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];

/** A package, as described by its own files. */
export interface ThirdPartyPackage {
  /** Relative to the project; identifies the package if several versions are installed. */
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  /** SPDX identifier. */
  readonly licence: string;
  /** The licence file, followed by the notice that some packages have. */
  readonly text: string;
  /** Names of the packages that it may import. */
  readonly imports: readonly string[];
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: unknown;
  readonly dependencies?: object;
  readonly peerDependencies?: object;
}

/**
 * Reads a package.
 * @param folder relative to `root`
 * @throws Error for a licence outside of `ALLOWED_LICENCES`, and if the licence's text is missing
 */
export function readThirdPartyPackage(root: string, folder: string): ThirdPartyPackage {
  const files = readdirSync(join(root, folder)).sort();
  const read = (file: string): string => readFileSync(join(root, folder, file), 'utf8');
  const { name, version, license, dependencies, peerDependencies } = JSON.parse(read('package.json')) as Manifest;
  if (typeof license !== 'string' || !ALLOWED_LICENCES.includes(license))
    throw new Error(`${name}@${version} has the licence ${JSON.stringify(license)}; allowed are ${ALLOWED_LICENCES.join(', ')}.`);
  const licences = files.filter((file) => /^(license|licence|copying)([.-]|$)/i.test(file));
  if (licences.length === 0) throw new Error(`${name}@${version} has no file with the text of its licence (${license}).`);
  const texts = [...licences, ...files.filter((file) => /^notice(\.|$)/i.test(file))].map((file) => read(file).trim());
  return {
    folder,
    name,
    version,
    licence: license,
    text: texts.join('\n\n'),
    imports: Object.keys({ ...dependencies, ...peerDependencies }),
  };
}
