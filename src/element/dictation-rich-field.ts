/**
 * Inserts plain text into an element with `contenteditable`. Live ranges track the positions of utterances.
 * While focused it uses `execCommand('insertText')`; otherwise it changes the DOM and fires the events of typing. For
 * the reasons see `dictation-text-field.ts`. Never inserts markup.
 */
import type { DictationField, Place } from './dictation-field.js';

/** See the head of the file. */
export class DictationRichField implements DictationField {
  readonly element: HTMLElement;

  constructor(element: HTMLElement) {
    this.element = element;
  }

  get closed(): boolean {
    return !this.element.isContentEditable;
  }

  /** An element that a framework recreated does not contain our text nodes. */
  adopt(): boolean {
    return false;
  }

  place(): Place {
    const range = this.#caret();
    let written = plain(range);
    let replaced = false;
    const around = (from: Node, at: number, to: Node, until: number): string => {
      const part = document.createRange();
      part.setStart(from, at);
      part.setEnd(to, until);
      return plain(part);
    };
    const block = this.#blockOf(range.startContainer);
    const last = this.#blockOf(range.endContainer);
    return {
      before: lastOf(around(block, 0, range.startContainer, range.startOffset)),
      after: firstOf(around(range.endContainer, range.endOffset, last, last.childNodes.length)),
      write: (text) => {
        // Until the first write, the range still holds the visitor's selection.
        if (replaced && plain(range) !== written) return;
        if (text === written && replaced) return;
        replaced = true;
        this.#write(range, written, text);
        written = text.replace(NBSP, ' ');
      },
      end: () => range.detach(),
    };
  }

  /** The enclosing paragraph or other block: no space is needed at its edges. */
  #blockOf(node: Node): Node {
    let block = node;
    while (block !== this.element && (!(block instanceof Element) || getComputedStyle(block).display.startsWith('inline')))
      block = block.parentNode as Node;
    return block;
  }

  /** The visitor's caret or selection; otherwise the end of the text. */
  #caret(): Range {
    const selection = getSelection();
    if (selection?.rangeCount) {
      const range = selection.getRangeAt(0);
      if (this.element.contains(range.startContainer) && this.element.contains(range.endContainer)) return range.cloneRange();
    }
    const range = document.createRange();
    let last: Node = this.element;
    while (last.lastChild && !(last.lastChild instanceof HTMLBRElement)) last = last.lastChild;
    range.selectNodeContents(last);
    if (last.lastChild instanceof HTMLBRElement) range.setEndBefore(last.lastChild);
    range.collapse(false);
    return range;
  }

  /** Replaces only what differs, so that growing text looks like typing. */
  #write(range: Range, before: string, text: string): void {
    const { startContainer: node, startOffset: offset } = range;
    let keep = 0;
    if (node === range.endContainer && node instanceof Text) while (keep < before.length && before[keep] === text[keep]) keep += 1;
    const rest = range.cloneRange();
    rest.setStart(node, offset + keep);
    const piece = text.slice(keep);
    if (!this.#type(range, rest, piece)) this.#put(range, rest, piece);
    // Move the start into the text node, so that it stays distinct from preceding text.
    const first = range.startContainer.childNodes[range.startOffset];
    if (first instanceof Text) range.setStart(first, 0);
  }

  #type(range: Range, rest: Range, piece: string): boolean {
    const selection = getSelection();
    const root = this.element.getRootNode();
    if (!selection?.rangeCount || root !== document || !this.element.contains(document.activeElement)) return false;
    const visitor = selection.getRangeAt(0).cloneRange();
    const isOurs = (node: Node, offset: number): boolean => range.comparePoint(node, offset) === 0;
    const goesOn = isOurs(visitor.startContainer, visitor.startOffset) && isOurs(visitor.endContainer, visitor.endOffset);
    selection.removeAllRanges();
    selection.addRange(rest);
    const done = piece === '' ? document.execCommand('delete') : document.execCommand('insertText', false, piece);
    const { focusNode, focusOffset } = selection;
    if (done && focusNode && this.element.contains(focusNode)) range.setEnd(focusNode, focusOffset);
    if (!goesOn) {
      selection.removeAllRanges();
      selection.addRange(visitor);
    }
    return done;
  }

  #put(range: Range, rest: Range, piece: string): void {
    const init = { inputType: piece === '' ? 'deleteContentBackward' : 'insertText', data: piece || null, bubbles: true, composed: true };
    if (!this.element.dispatchEvent(new InputEvent('beforeinput', { ...init, cancelable: true }))) return;
    rest.deleteContents();
    const { startContainer: node, startOffset: offset } = rest;
    if (node instanceof Text) {
      node.insertData(offset, piece);
      range.setEnd(node, offset + piece.length);
    } else {
      const text = document.createTextNode(piece);
      rest.insertNode(text);
      range.setStart(text, 0);
      range.setEnd(text, piece.length);
    }
    this.element.dispatchEvent(new InputEvent('input', init));
  }
}

/** Browsers store some spaces of editable text as no-break spaces. */
const NBSP = /\u00a0/g;
const plain = (range: Range): string => range.toString().replace(NBSP, ' ');
const firstOf = (text: string): string => [...text.slice(0, 2)][0] ?? '';
const lastOf = (text: string): string => [...text.slice(-2)].at(-1) ?? '';
