/**
 * Registers a view once. A page may load two copies of this package (two bundles, a hot reload): the first copy wins and
 * the second is ignored, because a throwing `define()` would break the page's script.
 */
export function defineView(tag: string, view: CustomElementConstructor): void {
  if (!customElements.get(tag)) customElements.define(tag, view);
}
