/** A build plugin: Lit with less in it. */
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

/**
 * What Lit brings and no view uses: versions, hooks for polyfills and hydration, the metadata
 * of decorators, attributes with JSON, `svg` and `mathml` templates. Lit's version is pinned; the build fails when one of these is not there.
 */
const LIT_EXTRAS: Record<string, readonly string[]> = {
  'reactive-element.js': [
    ',p?.({ReactiveElement:y}),(a.reactiveElementVersions??=[]).push("2.1.2")',
    'Symbol.metadata??=Symbol("metadata"),a.litPropertyMetadata??=new WeakMap;',
    'const t=this[Symbol.metadata];if(null!==t){const s=litPropertyMetadata.get(t);if(void 0!==s)for(const[t,i]of s)this.elementProperties.set(t,i)}',
    'case Object:case Array:t=null==t?t:JSON.stringify(t)',
    'case Object:case Array:try{i=JSON.parse(t)}catch(t){i=null}',
  ],
  'lit-html.js': ['2===i?"<svg>":3===i?"<math>":', '+(2===i?"</svg>":3===i?"</math>":"")', ',B=t.litHtmlPolyfillSupport;B?.(S,k),(t.litHtmlVersions??=[]).push("3.3.3")'],
  'lit-element.js': [',s.litElementHydrateSupport?.({LitElement:i});const o=s.litElementPolyfillSupport;o?.({LitElement:i})', '(s.litElementVersions??=[]).push("4.2.2");'],
};

const OUR_CSS_TAG = fileURLToPath(new URL('../src/styles/lean-css-tag.ts', import.meta.url));

/** Takes them out of what a page loads by a script tag; bundlers of pages get the whole of Lit from npm. */
export function leanLit(): Plugin {
  return {
    name: 'lean-lit',
    apply: (_, { mode }) => mode === 'script',
    load: (id) => (/reactive-element\/css-tag\.js$/.test(id) ? `export * from ${JSON.stringify(OUR_CSS_TAG)};` : null),
    transform(code, id) {
      const extras = /node_modules\/(lit-html|lit-element|@lit\/reactive-element)\/[\w-]+\.js$/.test(id) ? LIT_EXTRAS[basename(id)] : undefined;
      return extras?.reduce((text, extra) => {
        if (!text.includes(extra)) throw new Error(`${id} no longer has ${extra}`);
        return text.replace(extra, '');
      }, code);
    },
  };
}
