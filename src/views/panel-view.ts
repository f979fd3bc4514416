/**
 * What the views of the panel have in common: the call's status and the words come in as properties, and focus is not
 * lost when a change takes the focused control away. Draws nothing itself.
 */
import type { PropertyDeclarations } from 'lit';
import type { CallStatus } from '../contract/index.js';
import { english } from '../i18n/english.js';
import type { Strings } from '../i18n/strings.js';
import { View } from './view.js';

/** Base of the lazy views. */
export abstract class PanelView extends View {
  static override properties: PropertyDeclarations = {
    status: { attribute: false },
    strings: { attribute: false },
  };

  /** Where the call stands. */
  declare status: CallStatus;
  /** The words to show. */
  declare strings: Strings;

  #hadFocus = false;

  constructor() {
    super();
    this.status = { state: 'idle' };
    this.strings = english;
  }

  protected override willUpdate(): void {
    this.#hadFocus = !!this.shadowRoot?.activeElement;
  }

  /** Focus whose control is gone goes to the view around this one, not to the page. */
  protected override updated(): void {
    if (this.#hadFocus && !this.shadowRoot?.activeElement) this.parentElement?.focus();
  }
}
