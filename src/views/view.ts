/**
 * The base of every element in the widget. Owns what a change of place must not break: an element that is moved into another
 * document (a picture-in-picture window, an iframe) takes its styles along, and `moveBefore()` keeps its state.
 */
import { LitElement } from 'lit';

/** Base class of the launcher, the views and `<voice-agent>`. */
export class View extends LitElement {
  constructor() {
    super();
    // Not on connection, as Lit does: by then the element may be in another document, which refuses the style sheets of this one.
    (this as { renderRoot: HTMLElement | DocumentFragment }).renderRoot = this.createRenderRoot();
  }

  /** A constructed style sheet belongs to one document: a new document gets new ones. */
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
