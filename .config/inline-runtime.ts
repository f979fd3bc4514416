/** Build plugin: inlines the bundler's 0.2 kB helper into the files that use it, so that none of them waits for another request. */
import remapping from '@jridgewell/remapping';
import MagicString from 'magic-string';
import type { Plugin } from 'vite';

const RUNTIME = /rolldown-runtime/;
const EXPORT = /export\{(\w+)(?: as \w+)?\};\s*$/;
const IMPORT = /import\{(?:\w+ as )?(\w+)\}from"\.\/rolldown-runtime[^"]*";/;

/** Inlines the helper into the chunks of the script build and removes its file; the build fails if the helper has changed. */
export function inlineRuntime(): Plugin {
  return {
    name: 'inline-runtime',
    apply: (_, { mode }) => mode === 'script',
    generateBundle(_, bundle) {
      const runtime = Object.values(bundle).find((file) => RUNTIME.test(file.fileName));
      if (runtime?.type !== 'chunk') return;
      const helper = EXPORT.exec(runtime.code)?.[1];
      if (!helper) throw new Error(`The bundler's helper has different exports: ${runtime.code}`);
      for (const file of Object.values(bundle)) {
        if (file.type !== 'chunk' || !file.imports.includes(runtime.fileName)) continue;
        const found = IMPORT.exec(file.code);
        if (!found) throw new Error(`${file.fileName} imports the bundler's helper in an unexpected way.`);
        const edited = new MagicString(file.code);
        edited.update(
          found.index,
          found.index + found[0].length,
          `const ${found[1]}=(()=>{${runtime.code.replace(EXPORT, `return ${helper}`)}})();`,
        );
        file.code = edited.toString();
        if (file.map)
          Object.assign(
            file.map,
            remapping([edited.generateMap({ hires: 'boundary' }).toString(), file.map.toString()], () => null),
          );
        file.imports = file.imports.filter((name) => name !== runtime.fileName);
      }
      delete bundle[runtime.fileName];
    },
  };
}
