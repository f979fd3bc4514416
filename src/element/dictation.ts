/**
 * Dictation: writes what the visitor says into the page's field that the element's `for` references.
 *
 * Owns: finding the field, one place in it per utterance, the spaces around it, and reporting an unusable field.
 * Does not own: how text is inserted (`dictation-text-field.ts`, `dictation-rich-field.ts`), the transcript.
 * Loaded only by `import()`, and only if `for` is set.
 */
import { VoiceAgentError } from '../contract/errors.js';
import type { Message } from '../contract/messages.js';
import type { DictationField, Place } from './dictation-field.js';
import { DictationRichField } from './dictation-rich-field.js';
import { DictationTextField, takesText } from './dictation-text-field.js';

/** The part of the element that dictation uses. */
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
/** Scripts without spaces between words: Thai to Khmer, CJK. */
const DENSE = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]/;
/** No space is inserted after `OPENING` or before `CLOSING` characters. */
const OPENING = /[\s([{¿¡]/;
const CLOSING = /[\s.,;:!?…)\]}]/;

/** See the head of the file. */
export class Dictation {
  readonly #host: DictationHost;
  readonly #report: (error: VoiceAgentError) => void;
  /** The incomplete utterances. */
  readonly #open = new Map<string, Utterance>();
  #field: DictationField | undefined;
  #complaint = '';
  /** Where an input method composition is active: writing there would abort it. */
  #composing: EventTarget | undefined;
  /** The latest state of messages that wait for the composition to end. */
  readonly #held = new Map<string, Message>();

  /** @param report called once for each problem with the field */
  constructor(host: DictationHost, report: (error: VoiceAgentError) => void) {
    this.#host = host;
    this.#report = report;
  }

  /** Reports problems with the field at the beginning of a call. */
  check(): void {
    this.#complaint = '';
    this.#find();
  }

  /** Writes the current state of a turn, streaming or complete. */
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
    // The browser's own final input comes first.
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

  /** The referenced field, if it accepts text. */
  #find(): DictationField | undefined {
    const name = this.#host.for;
    const element = name ? this.#named(name) : undefined;
    if (!element) return this.#complain(`for="${name ?? ''}": no element with this id was found.`);
    if (!takesText(element) && !element.isContentEditable) {
      return this.#complain(
        `for="${name ?? ''}": the element does not accept dictation. Use a text field (not a password field) or a contenteditable element.`,
      );
    }
    if (this.#field?.element !== element && !(this.#field?.element.isConnected === false && this.#field.adopt(element))) {
      this.#field = takesText(element) ? new DictationTextField(element) : new DictationRichField(element);
    }
    if (this.#field.closed) return this.#complain(`for="${name ?? ''}": the field is disabled or read-only.`);
    return this.#field;
  }

  /** Searches the element's own tree first, then the document: ids are scoped to their tree. */
  #named(id: string): HTMLElement | null {
    const root = this.#host.getRootNode() as Document | ShadowRoot;
    return root.getElementById(id) ?? document.getElementById(id);
  }

  /** Whether a field is in the page, possibly recreated by a framework. */
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

/** Whether a space belongs between texts that end and begin like this. */
const parts = (left: string, right: string): boolean =>
  left !== '' && right !== '' && !DENSE.test(left.slice(-1)) && !DENSE.test(right.charAt(0));
