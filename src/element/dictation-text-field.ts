/**
 * Inserts text into an `<input>` or a `<textarea>`, as if it were typed.
 *
 * While the field is focused, it uses `execCommand('insertText')`: deprecated, but the only way that keeps the browser's undo and
 * fires native events. Otherwise it uses `setRangeText()` and dispatches the same events, because `execCommand`
 * would move the focus; undo is not available then. Both bypass the instance's `value` setter, so that
 * frameworks that intercept it (React) see a change by the visitor, not by a script.
 *
 * Owns: the positions of the utterances, whatever else is typed meanwhile.
 */
import type { DictationField, Place } from './dictation-field.js';

type Control = HTMLInputElement | HTMLTextAreaElement;

/** Types of `<input>` that hold plain text. Never passwords: captions would show them. */
const TEXT_TYPES = /^(text|search|url|tel|email)$/;

interface Span {
  start: number;
  end: number;
  /** The visitor changed it. */
  lost: boolean;
}

/** Whether an element is a text field. */
export const takesText = (element: HTMLElement): element is Control =>
  element instanceof HTMLTextAreaElement || (element instanceof HTMLInputElement && TEXT_TYPES.test(element.type));

/** See the head of the file. */
export class DictationTextField implements DictationField {
  element: Control;
  readonly #spans = new Set<Span>();
  /** The last known value. */
  #known: string;
  /** True while events are caused by our own typing. */
  #typing = false;
  /** True if text was written without the browser counting it as a change by the visitor. */
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

  /** A field that was never focused has its caret at 0; text is then appended. */
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

  /** Types with the browser's own editing. */
  #type({ start, end: to }: Span, from: number, piece: string): boolean {
    const { element } = this;
    const { selectionStart: left, selectionEnd: right } = element;
    if (!this.#focused || left === null || right === null) return false;
    element.setSelectionRange(from, to);
    const done = piece === '' ? document.execCommand('delete') : document.execCommand('insertText', false, piece);
    // The caret follows the text, unless the visitor placed it elsewhere.
    const moved = (at: number): number => (at >= to ? at + piece.length - (to - from) : at);
    if (left < start || right > to) element.setSelectionRange(moved(left), moved(right));
    return done;
  }

  /** Sets the text directly and dispatches the events that typing would fire. */
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

  /** Truncates text to `maxlength`, as for typing. */
  #fitting({ start, end }: Span, text: string): string {
    const { maxLength, value } = this.element;
    if (maxLength < 0) return text;
    const room = Math.max(0, maxLength - (value.length - (end - start)));
    if (text.length <= room) return text;
    // Do not split a surrogate pair.
    return text.slice(0, /[\ud800-\udbff]/.test(text.charAt(room - 1)) ? room - 1 : room);
  }

  /** Edits by the visitor inside an utterance are kept; changes by scripts of the page (a mask, a framework) are not. */
  readonly #onInput = (event: Event): void => {
    if (event.isTrusted && !this.#typing) this.#follow(true);
  };

  /** Syncs with changes of the value: later spans move; a span with a change inside grows, or becomes the visitor's. */
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
    // After focused typing, the browser itself fires `change` when the visitor leaves the field.
    if (!this.#changed) return;
    this.#changed = false;
    this.element.dispatchEvent(new Event('change', { bubbles: true }));
  }
}

/** Bypasses the instance's setter, which frameworks replace to distinguish their own changes from the visitor's. */
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
