/** A field of the page that dictation writes to. */

/** The place of one utterance in a field. */
export interface Place {
  /** The characters directly before and after it; '' at the start or end of the text. */
  readonly before: string;
  readonly after: string;
  /** Sets the utterance's text. No effect once the visitor has edited it. */
  write(text: string): void;
  /** The utterance is complete. */
  end(): void;
}

/** A field of the page. */
export interface DictationField {
  readonly element: HTMLElement;
  /** True while it does not accept text. */
  readonly closed: boolean;
  /** Creates a place at the caret, or over the selection if there is one. */
  place(): Place;
  /** Continues in an element that replaced this one and has the same text. */
  adopt(element: HTMLElement): boolean;
}
