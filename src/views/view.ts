/**
 * The base of every element in the widget. Keeps elements intact when they are moved: into another
 * document (a picture-in-picture window, an iframe) with their styles, and by `moveBefore()` with their state.
 */
import { LitElement } from 'lit';

/** Base class of the launcher, the views and `<voice-agent>`. */
export class View extends LitElement {
  constructor() {
    super();
    // Not on connection, as in Lit: by then the element may be in another document, which rejects style sheets of this one.
    (this as { renderRoot: HTMLElement | DocumentFragment }).renderRoot = this.createRenderRoot();
  }

  /** A constructed style sheet belongs to one document, so a new document gets new ones. */
  adoptedCallback(): void {
    const view = this.ownerDocument.defaultView;
    if (!view) return;
    (this.renderRoot as ShadowRoot).adoptedStyleSheets = (this.constructor as typeof LitElement).elementStyles.map((style) => {
      const sheet = new view.CSSStyleSheet();
      sheet.replaceSync((style as { cssText: string }).cssText);
      return sheet;
    });
  }

  /** Defined so that `moveBefore()` does not disconnect the element. */
  connectedMoveCallback(): void {}
}
