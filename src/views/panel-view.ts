/**
 * Common base of the panel's views: the call's status and the strings are properties, and focus is not
 * lost when an update removes the focused control. Renders nothing itself.
 */
import type { PropertyDeclarations } from 'lit';
import type { CallStatus } from '../contract/index.js';
import { english } from '../i18n/english.js';
import type { Strings } from '../i18n/strings.js';
import { View } from './view.js';

/** Base class of the lazy views. */
export abstract class PanelView extends View {
  static override properties: PropertyDeclarations = {
    status: { attribute: false },
    strings: { attribute: false },
  };

  /** The status of the call. */
  declare status: CallStatus;
  /** The strings to show. */
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

  /** If the focused control was removed, focus moves to the surrounding view, not to the page. */
  protected override updated(): void {
    if (this.#hadFocus && !this.shadowRoot?.activeElement) this.parentElement?.focus();
  }
}
