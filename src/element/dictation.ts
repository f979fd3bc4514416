/**
 * Dictation: what the visitor says goes into a field of the page, the one that the element's `for` names.
 *
 * Owns: finding the field, one place in it per utterance, the spaces around it, and saying when there is nothing to write
 * into. Does not own: how text gets into a field (`dictation-text-field.ts`, `dictation-rich-field.ts`), the transcript.
 * Reached only by `import()`, and only where `for` is set.
 */
import { VoiceAgentError } from '../contract/errors.js';
import type { Message } from '../contract/messages.js';
import { RichField } from './dictation-rich-field.js';
import { TextField, takesText } from './dictation-text-field.js';

/** Where one utterance stands in a field. */
export interface Place {
  /** What stands right before and behind it; '' at an end of the text. */
  readonly before: string;
  readonly after: string;
  /** Makes this the utterance's text; without effect once the visitor has changed it: their words win. */
  write(text: string): void;
  /** The utterance is complete. */
  end(): void;
}

/** A field of the page. */
export interface DictationField {
  readonly element: HTMLElement;
  /** It takes nothing at the moment. */
  readonly closed: boolean;
  /** A place at the caret; over the selection, if there is one. */
  place(): Place;
  /** Goes on in an element that took this one's place and holds the same text. */
  adopt(element: HTMLElement): boolean;
}

/** The element, as far as dictation looks at it. */
export interface DictationHost extends HTMLElement {
  readonly for: string | undefined;
}

interface Utterance {
  readonly field: DictationField;
  readonly place: Place;
  readonly lead: string;
  readonly trail: string;
}

const COMPOSITION = ['compositionstart', 'compositionupdate', 'compositionend'];
/** Writing without spaces between words: Thai to Khmer, CJK. */
const DENSE = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]/;
/** After these, and before those, there is no space. */
const OPENING = /[\s([{¿¡]/;
const CLOSING = /[\s.,;:!?…)\]}]/;

/** See the head of the file. */
export class Dictation {
  readonly #host: DictationHost;
  readonly #report: (error: VoiceAgentError) => void;
  /** The utterances that are not complete. */
  readonly #open = new Map<string, Utterance>();
  #field: DictationField | undefined;
  #complaint = '';
  /** Where the visitor composes a character by an input method: writing there would break it off. */
  #composing: EventTarget | undefined;
  /** The latest state of what waits for that to end. */
  readonly #held = new Map<string, Message>();

  /** @param report told once about each thing that is wrong with the field */
  constructor(host: DictationHost, report: (error: VoiceAgentError) => void) {
    this.#host = host;
    this.#report = report;
  }

  /** Says at once, at the beginning of a call, what is wrong with the field. */
  check(): void {
    this.#complaint = '';
    this.#find();
  }

  /** Works in the state of a turn: still being written, or complete. */
  hear(message: Message): void {
    const { id, role, via, text, status } = message;
    if (role !== 'user' || via !== 'voice') return;
    const words = text.trim();
    const utterance = this.#open.get(id) ?? (words ? this.#begin(id, words) : undefined);
    if (!utterance) return;
    const { field, place, lead, trail } = utterance;
    if (this.#composing instanceof Node && field.element.contains(this.#composing)) return void this.#held.set(id, message);
    if (this.#isThere(field) && !field.closed) place.write(words && lead + words + trail);
    if (status === 'streaming') return;
    place.end();
    this.#open.delete(id);
    if (this.#open.size > 0) return;
    for (const type of COMPOSITION) document.removeEventListener(type, this.#onComposition, true);
    this.#composing = undefined;
  }

  readonly #onComposition = (event: Event): void => {
    this.#composing = event.type === 'compositionend' ? undefined : event.composedPath()[0];
    if (this.#composing) return;
    const held = [...this.#held.values()];
    this.#held.clear();
    // The browser has its own last word first.
    queueMicrotask(() => held.forEach((message) => this.hear(message)));
  };

  #begin(id: string, words: string): Utterance | undefined {
    const field = this.#find();
    if (!field) return undefined;
    const place = field.place();
    const { before, after } = place;
    const lead = parts(before, words) && !OPENING.test(before) && !CLOSING.test(words.charAt(0)) ? ' ' : '';
    const trail = parts(words.slice(-1), after) && /[\p{L}\p{N}]/u.test(after) ? ' ' : '';
    const utterance = { field, place, lead, trail };
    for (const type of COMPOSITION) document.addEventListener(type, this.#onComposition, true);
    this.#open.set(id, utterance);
    return utterance;
  }

  /** The field that is named now, if it takes text. */
  #find(): DictationField | undefined {
    const name = this.#host.for;
    const element = name ? this.#named(name) : undefined;
    if (!element) return this.#complain(`for="${name ?? ''}": there is no such field in the page.`);
    if (!takesText(element) && !element.isContentEditable) {
      return this.#complain(`for="${name ?? ''}": names nothing that takes dictated text. It has to be a text field, but none for passwords, or contenteditable.`);
    }
    if (this.#field?.element !== element && !(this.#field?.element.isConnected === false && this.#field.adopt(element))) {
      this.#field = takesText(element) ? new TextField(element) : new RichField(element);
    }
    if (this.#field.closed) return this.#complain(`for="${name ?? ''}": the field is disabled or read-only.`);
    return this.#field;
  }

  /** In the element's own tree first: an id counts in its tree only. */
  #named(id: string): HTMLElement | null {
    const root = this.#host.getRootNode() as Document | ShadowRoot;
    return root.getElementById(id) ?? document.getElementById(id);
  }

  /** Whether a field is (again) in the page; a framework may have made it anew meanwhile. */
  #isThere(field: DictationField): boolean {
    if (field.element.isConnected) return true;
    const { for: name } = this.#host;
    const element = name ? this.#named(name) : null;
    return element !== null && field.adopt(element);
  }

  #complain(message: string): undefined {
    if (message !== this.#complaint) this.#report(new VoiceAgentError('invalid_request', { message }));
    this.#complaint = message;
  }
}

/** Whether words that end and begin like this are parted by a space. */
const parts = (left: string, right: string): boolean =>
  left !== '' && right !== '' && !DENSE.test(left.slice(-1)) && !DENSE.test(right.charAt(0));
