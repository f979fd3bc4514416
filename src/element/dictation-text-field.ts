/**
 * Text into an `<input>` or a `<textarea>`, as if it were typed.
 *
 * Where the field has the focus, by `execCommand('insertText')`: old, but the one way that keeps the browser's undo and
 * fires the browser's own events. Elsewhere by `setRangeText()` with the same events made here, because the other way
 * would take the focus from where the visitor is; there is no undo then. Both leave the value's setter alone, so that
 * frameworks that watch it (React) see a change of the visitor's, not of a script's.
 *
 * Owns: where the utterances stand, whatever else is typed meanwhile.
 */
import type { DictationField, Place } from './dictation.js';

type Control = HTMLInputElement | HTMLTextAreaElement;

/** Kinds of `<input>` that hold plain text. Never passwords: captions would show them. */
const TEXT_TYPES = /^(text|search|url|tel|email)$/;

interface Span {
  start: number;
  end: number;
  /** The visitor changed it. */
  lost: boolean;
}

/** Whether an element is a field for text of any kind. */
export const takesText = (element: HTMLElement): element is Control =>
  element instanceof HTMLTextAreaElement || (element instanceof HTMLInputElement && TEXT_TYPES.test(element.type));

/** See the head of the file. */
export class TextField implements DictationField {
  element: Control;
  readonly #spans = new Set<Span>();
  /** The value as it was seen last. */
  #known: string;
  /** What fires now is our own typing. */
  #typing = false;
  /** Something was written past the browser's own idea of what the visitor changed. */
  #changed = false;

  constructor(element: Control) {
    this.element = element;
    this.#known = element.value;
  }

  get closed(): boolean {
    const { element } = this;
    return !takesText(element) || element.readOnly || element.matches(':disabled');
  }

  adopt(element: HTMLElement): boolean {
    if (!takesText(element) || element.value !== this.#known) return false;
    this.element.removeEventListener('input', this.#onInput);
    this.element = element;
    if (this.#spans.size > 0) element.addEventListener('input', this.#onInput);
    return true;
  }

  place(): Place {
    this.#follow();
    const { value } = this.element;
    const [from, to] = this.#selection();
    const span: Span = { start: from, end: to, lost: false };
    this.#spans.add(span);
    this.element.addEventListener('input', this.#onInput);
    return {
      before: lastOf(value.slice(0, from)),
      after: firstOf(value.slice(to)),
      write: (text) => this.#write(span, this.element instanceof HTMLInputElement ? text.replace(/\s*\n\s*/g, ' ') : text),
      end: () => this.#end(span),
    };
  }

  /** A field that never had the focus has its caret at 0: there, text goes to the end. */
  #selection(): readonly [number, number] {
    const { value, selectionStart: from, selectionEnd: to } = this.element;
    if (from === null || to === null || (to === 0 && !this.#focused)) return [value.length, value.length];
    return [from, to];
  }

  get #focused(): boolean {
    return (this.element.getRootNode() as Document | ShadowRoot).activeElement === this.element;
  }

  #write(span: Span, wanted: string): void {
    this.#follow();
    if (span.lost) return;
    const text = this.#fitting(span, wanted);
    const before = this.element.value.slice(span.start, span.end);
    const keep = commonStart(before, text);
    const from = span.start + keep;
    const piece = text.slice(keep);
    if (from === span.end && piece === '') return;
    const grown = piece.length - (span.end - from);
    const expected = this.#known.slice(0, from) + piece + this.#known.slice(span.end);
    this.#typing = true;
    if (!this.#type(span, from, piece)) this.#put(from, span.end, piece);
    this.#typing = false;
    for (const other of this.#spans) {
      if (other === span || other.start < span.end) continue;
      other.start += grown;
      other.end += grown;
    }
    span.end += grown;
    this.#known = expected;
    this.#follow();
  }

  /** By the browser's own editing. */
  #type({ start, end: to }: Span, from: number, piece: string): boolean {
    const { element } = this;
    const { selectionStart: left, selectionEnd: right } = element;
    if (!this.#focused || left === null || right === null) return false;
    element.setSelectionRange(from, to);
    const done = piece === '' ? document.execCommand('delete') : document.execCommand('insertText', false, piece);
    // The caret goes on with the text, unless the visitor has it elsewhere.
    const moved = (at: number): number => (at >= to ? at + piece.length - (to - from) : at);
    if (left < start || right > to) element.setSelectionRange(moved(left), moved(right));
    return done;
  }

  /** By hand, with the events that typing would have fired. */
  #put(from: number, to: number, piece: string): void {
    const { element } = this;
    const init = { inputType: piece === '' ? 'deleteContentBackward' : 'insertText', data: piece || null, bubbles: true, composed: true };
    if (!element.dispatchEvent(new InputEvent('beforeinput', { ...init, cancelable: true }))) return;
    const { selectionStart: left, selectionEnd: right } = element;
    const goesOn = right === 0 || (left !== null && right !== null && left >= from && right <= to);
    if (left === null) setValue(element, element.value.slice(0, from) + piece + element.value.slice(to));
    else element.setRangeText(piece, from, to, goesOn ? 'end' : 'preserve');
    if (from + piece.length === element.value.length) element.scrollTop = element.scrollHeight;
    this.#changed = true;
    element.dispatchEvent(new InputEvent('input', init));
  }

  /** As much of a text as `maxlength` lets in; a person could not type more either. */
  #fitting({ start, end }: Span, text: string): string {
    const { maxLength, value } = this.element;
    if (maxLength < 0) return text;
    const room = Math.max(0, maxLength - (value.length - (end - start)));
    if (text.length <= room) return text;
    // Not in the middle of a character.
    return text.slice(0, /[\ud800-\udbff]/.test(text.charAt(room - 1)) ? room - 1 : room);
  }

  /** What the visitor does in an utterance's place stays; what scripts of the page make of it (a mask, a framework) does not. */
  readonly #onInput = (event: Event): void => {
    if (event.isTrusted && !this.#typing) this.#follow(true);
  };

  /** Takes in what changed since: places behind it move, a place in which it was grows, or is the visitor's from now on. */
  #follow(byVisitor = false): void {
    const { value } = this.element;
    const before = this.#known;
    if (value === before) return;
    const start = commonStart(before, value);
    const shorter = Math.min(before.length, value.length) - start;
    let same = 0;
    while (same < shorter && before.at(-1 - same) === value.at(-1 - same)) same += 1;
    const end = before.length - same;
    const grown = value.length - before.length;
    for (const span of this.#spans) {
      if (start >= span.end) continue;
      if (end <= span.start) {
        span.start += grown;
        span.end += grown;
      } else {
        span.lost ||= byVisitor;
        span.start = Math.min(span.start, start);
        span.end = Math.max(span.start, span.end + grown);
      }
    }
    this.#known = value;
  }

  #end(span: Span): void {
    this.#spans.delete(span);
    if (this.#spans.size === 0) this.element.removeEventListener('input', this.#onInput);
    // With the focus in it, the browser itself tells of the change, when the visitor leaves the field.
    if (!this.#changed) return;
    this.#changed = false;
    this.element.dispatchEvent(new Event('change', { bubbles: true }));
  }
}

/** Past the setter of the instance, which frameworks replace to tell their own changes from the visitor's. */
function setValue(element: Control, value: string): void {
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(element) as object, 'value')?.set?.call(element, value);
}

function commonStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}

const firstOf = (text: string): string => [...text.slice(0, 2)][0] ?? '';
const lastOf = (text: string): string => [...text.slice(-2)].at(-1) ?? '';
