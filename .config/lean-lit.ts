/** Build plugin: removes unused parts of Lit. */
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import MagicString from 'magic-string';
import type { Plugin } from 'vite';

/**
 * The parts of Lit that no view uses, each with its replacement: versions, hooks for polyfills and hydration, decorator
 * metadata, initializers, `useDefault`, JSON attributes; directives and everything that only they need, bindings in
 * comments, in raw text (`<style>`, `<textarea>`) and in place of an attribute, `svg`, `mathml` and compiled templates.
 * Less code is parsed when a page loads. Lit's version is pinned; the build fails if one of these texts is missing.
 */
const LIT_EXTRAS: Record<string, readonly (readonly [text: string, instead?: string])[]> = {
  'reactive-element.js': [
    [',p?.({ReactiveElement:y}),(a.reactiveElementVersions??=[]).push("2.1.2")'],
    ['Symbol.metadata??=Symbol("metadata"),a.litPropertyMetadata??=new WeakMap;'],
    [
      'const t=this[Symbol.metadata];if(null!==t){const s=litPropertyMetadata.get(t);if(void 0!==s)for(const[t,i]of s)this.elementProperties.set(t,i)}',
    ],
    ['case Object:case Array:t=null==t?t:JSON.stringify(t)'],
    ['case Object:case Array:try{i=JSON.parse(t)}catch(t){i=null}'],
    ['static addInitializer(t){this._$Ei(),(this.l??=[]).push(t)}'],
    ['void 0!==t.l&&(this.l=[...t.l]),'],
    [',this.constructor.l?.forEach(t=>t(this))'],
    ['useDefault:!1,'],
    ['||i.useDefault&&i.reflect&&h===this._$Ej?.get(t)&&!this.hasAttribute(r._$Eu(t,i))'],
    ['this[e]=r??this._$Ej?.get(e)??r', 'this[e]=r'],
    [
      'C(t,s,{useDefault:i,reflect:e,wrapped:h},r){i&&!(this._$Ej??=new Map).has(t)&&(this._$Ej.set(t,r??s??this[t]),!0!==h||void 0!==r)||(this._$AL.has(t)||(this.hasUpdated||i||(s=void 0),this._$AL.set(t,s)),!0===e&&this._$Em!==t&&(this._$Eq??=new Set).add(t))}',
      'C(t,s,{reflect:e}){this._$AL.has(t)||(this.hasUpdated||(s=void 0),this._$AL.set(t,s)),!0===e&&this._$Em!==t&&(this._$Eq??=new Set).add(t)}',
    ],
  ],
  'lit-html.js': [
    ['2===i?"<svg>":3===i?"<math>":'],
    ['+(2===i?"</svg>":3===i?"</math>":"")'],
    [
      'if(this.el=S.createElement(f,e),P.currentNode=this.el.content,2===i||3===i){const t=this.el.content.firstChild;t.replaceWith(...t.childNodes)}',
      'this.el=S.createElement(f,e),P.currentNode=this.el.content;',
    ],
    [',B=t.litHtmlPolyfillSupport;B?.(S,k),(t.litHtmlVersions??=[]).push("3.3.3")'],
    [
      'let h=void 0!==e?s._$Co?.[e]:s._$Cl;const o=a(i)?void 0:i._$litDirective$;return h?.constructor!==o&&(h?._$AO?.(!1),void 0===o?h=void 0:(h=new o(t),h._$AT(t,s,e)),void 0!==e?(s._$Co??=[])[e]=h:s._$Cl=h),void 0!==h&&(i=M(t,h._$AS(t,i.values),h,e)),i',
      'return i',
    ],
    ['else t.startsWith(o)&&(d.push({type:6,index:l}),r.removeAttribute(t));', ';'],
    [':6===r.type&&(i=new Z(h,this,t))', ':0'],
    [
      'if(y.test(r.tagName)){const t=r.textContent.split(o),i=t.length-1;if(i>0){r.textContent=s?s.emptyScript:"";for(let s=0;s<i;s++)r.append(t[s],c()),P.nextNode(),d.push({type:2,index:++l});r.append(t[i],c())}}',
    ],
    ['(y.test(u[2])&&(n=RegExp("</"+u[2],"g")),c=p)', 'c=p'],
    ['(c=n??v,d=-1)', '(c=v,d=-1)'],
    ['(c=p,n=void 0)', 'c=p'],
    ['else{let t=-1;for(;-1!==(t=r.data.indexOf(o,t+1));)d.push({type:7,index:l}),t+=o.length-1}', ';'],
    ['"number"==typeof s?this._$AC(t):(void 0===s.el&&(s.el=S.createElement(V(s.h,s.h[0]),this.options)),s)', 'this._$AC(t)'],
    ['this._$AP?.(!1,!0,s);', ';'],
    ['setConnected(t){void 0===this._$AM&&(this._$Cv=t,this._$AP?.(t))}'],
    [',this._$Cv=e?.isConnected??!0'],
    ['get _$AU(){return this._$AM?._$AU??this._$Cv}'],
    [
      'get parentNode(){let t=this._$AA.parentNode;const i=this._$AM;return void 0!==i&&11===t?.nodeType&&(t=i.parentNode),t}get startNode(){return this._$AA}get endNode(){return this._$AB}',
    ],
    ['get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}'],
    ['get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}'],
  ],
  'lit-element.js': [
    [',s.litElementHydrateSupport?.({LitElement:i});const o=s.litElementPolyfillSupport;o?.({LitElement:i})'],
    ['(s.litElementVersions??=[]).push("4.2.2");'],
    [
      'connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}',
    ],
    ['this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),'],
  ],
};

const OUR_CSS_TAG = fileURLToPath(new URL('../src/styles/css-result.ts', import.meta.url));

/** Removes them from the script-tag build; apps with a bundler get the complete Lit from npm. */
export function leanLit(): Plugin {
  return {
    name: 'lean-lit',
    apply: (_, { mode }) => mode === 'script' || mode === 'single',
    load: (id) => (/reactive-element\/css-tag\.js$/.test(id) ? `export * from ${JSON.stringify(OUR_CSS_TAG)};` : null),
    transform(code, id) {
      const extras = /node_modules\/(lit-html|lit-element|@lit\/reactive-element)\/[\w-]+\.js$/.test(id)
        ? LIT_EXTRAS[basename(id)]
        : undefined;
      if (!extras) return null;
      const edited = new MagicString(code);
      for (const [text, instead = ''] of extras) {
        const start = code.indexOf(text);
        if (start < 0) throw new Error(`${id} no longer contains ${text}`);
        edited.update(start, start + text.length, instead);
      }
      return { code: edited.toString(), map: edited.generateMap({ hires: 'boundary' }) };
    },
  };
}
