/** Build plugin: records the packages whose code is in the files of a build, for `third-party-notices.ts`. */
import type { Plugin } from 'vite';

/** The builds whose files are published. */
export const PUBLISHED_BUILDS = ['script', 'npm', 'node', 'worker', 'admin', 'sandbox-browser'];

/** The file with a build's packages, as folders relative to the project; in the folder of the build, then in `dist/`. */
export const recordOf = (build: string): string => `.packages-${build}.json`;

/** Writes the record of a published build. Modules of which nothing is left after tree shaking do not count. */
export function bundledPackages(): Plugin {
  let build = '';
  return {
    name: 'bundled-packages',
    apply: (_, { mode }) => PUBLISHED_BUILDS.includes(mode),
    configResolved: ({ mode }) => void (build = mode),
    generateBundle(_, bundle) {
      const modules = Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? Object.entries(file.modules) : []));
      const folders = modules.flatMap(([id, { renderedLength }]) => (renderedLength > 0 ? (packageFolder(id) ?? []) : []));
      this.emitFile({ type: 'asset', fileName: recordOf(build), source: JSON.stringify([...new Set(folders)].sort()) });
    },
  };
}

/**
 * The folder of the package that a module belongs to; `undefined` for our own modules.
 * @throws Error for code whose package, and thus licence, is unknown
 */
export function packageFolder(id: string): string | undefined {
  if (/^\0rolldown[/_]/.test(id)) return 'node_modules/rolldown';
  // Our replacements for parts of the Agents SDK, in `lean-sdk.ts`.
  if (id.startsWith('\0no-')) return undefined;
  if (id.startsWith('\0'))
    throw new Error(`The package of the virtual module ${JSON.stringify(id)} is unknown; add it to packageFolder().`);
  const [, folder, rest = ''] = /(?:^|\/)(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)(.*)/.exec(id) ?? [];
  if (/\/_?vendor(ed)?\//.test(rest)) throw new Error(`${id} is a copy of another package's code, with a licence of its own.`);
  return folder;
}
