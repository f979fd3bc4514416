/**
 * The rows of a transcript as plain DOM. Owns building, changing and moving rows; text only ever goes into text nodes, also that of
 * answers with a format (`rich-text.ts`).
 * By hand instead of templates because a row must survive untouched while its neighbours come and go: a rebuilt row in a
 * log would be read out again, and ten thousand turns must cost no more than the last one.
 */
import type { Strings } from '../i18n/strings.js';
import { causeWords } from './cause-words.js';
import { richText } from './rich-text.js';
import type { Item } from './transcript-items.js';

/** One row and what it shows. */
export interface Row {
  readonly element: HTMLElement;
  readonly text: TranslatableText;
  readonly mark: TranslatableText;
  key: string;
  item: Item;
}

/**
 * An element with nothing but text in it, of which the page may have a translation: browsers translate by replacing text nodes with
 * elements of their own. What it shows is compared with what was written here, not with what stands there.
 */
class TranslatableText {
  readonly element: HTMLElement;
  readonly #text = document.createTextNode('');
  #format: ((text: string) => Node[] | undefined) | undefined;

  constructor(name: string) {
    this.element = document.createElement(name);
  }

  /** Touches only what differs; a translation gives way to a new text. `format`: the nodes for a text that has a format. */
  show(text: string, format?: (text: string) => Node[] | undefined): void {
    const node = this.#text;
    const before = node.data;
    if (before === text && this.#format === format) return;
    this.#format = format;
    const nodes = format?.(text);
    if (nodes) {
      node.data = text;
      this.element.replaceChildren(...nodes);
      return;
    }
    if (text.startsWith(before)) node.appendData(text.slice(before.length));
    else node.data = text;
    if (this.element.firstChild !== node || this.element.lastChild !== node) this.element.replaceChildren(node);
  }
}

/** Rows by key, of all parts of one transcript. */
export class Rows {
  #rows = new Map<string, Row>();

  /** Makes each container hold exactly its items, in order; whatever no container wants is removed. */
  sync(parts: readonly (readonly [container: Element, items: readonly Item[]])[], s: Strings): void {
    const wanted = new Set(parts.flatMap(([, items]) => items.map((item) => item.key)));
    for (const [container, items] of parts) {
      let cursor = container.firstElementChild;
      for (const item of items) {
        let row = this.#rows.get(item.key) ?? this.#adopt(cursor, item, wanted);
        // Orca reads a row that is moved into the log several times, in pieces; a new one it reads once.
        if (row?.element.parentNode !== container) {
          row?.element.remove();
          row = this.#make(item, s);
        }
        // Rows that nobody wants any more go at the end of this: stepping over them leaves their neighbours unmoved.
        while (cursor && cursor !== row.element && !wanted.has(keyOf(cursor))) cursor = cursor.nextElementSibling;
        // First its words, then its place: what enters the log enters it as it is to be read.
        if (row.item !== item) paint(row, item, s);
        if (row.element === cursor) cursor = cursor.nextElementSibling;
        else container.insertBefore(row.element, cursor);
      }
    }
    for (const [key, row] of this.#rows) {
      if (wanted.has(key)) continue;
      row.element.remove();
      this.#rows.delete(key);
    }
  }

  /** A turn whose local id became the server's keeps its row, so that it is not told twice. */
  #adopt(element: Element | null, item: Item, wanted: ReadonlySet<string>): Row | undefined {
    const row = element && this.#rows.get(keyOf(element));
    if (!row || wanted.has(row.key) || !item.message || row.item.message?.role !== item.message.role) return undefined;
    if (row.item.message.text !== item.message.text) return undefined;
    this.#rows.delete(row.key);
    return this.#keep(row, item.key);
  }

  #make(item: Item, s: Strings): Row {
    const element = document.createElement('div');
    element.setAttribute('part', item.message ? `message ${item.message.role}-message` : item.call ? 'tool' : 'divider');
    const line = document.createElement('p');
    line.dir = 'auto';
    if (item.message) {
      const who = document.createElement('span');
      who.className = 'unseen';
      // With a direction of its own it has no say in that of the line.
      who.dir = 'auto';
      const { role } = item.message;
      who.textContent = `${role === 'user' ? s.you : role === 'assistant' ? s.agent : s.system}: `;
      line.append(who);
    }
    const text = new TranslatableText('span');
    const mark = new TranslatableText('small');
    line.append(text.element);
    element.append(line, mark.element);
    const row = this.#keep({ element, text, mark, key: item.key, item }, item.key);
    paint(row, item, s);
    return row;
  }

  #keep(row: Row, key: string): Row {
    row.key = key;
    row.element.dataset['key'] = key;
    this.#rows.set(key, row);
    return row;
  }
}

const keyOf = (element: Element): string => (element as HTMLElement).dataset['key'] ?? '';

/** Shows an item in its row; touches only what differs. */
function paint(row: Row, item: Item, s: Strings): void {
  row.item = item;
  const [classes, text, mark] = item.message ? messageLook(item.message, s) : item.call ? toolLook(item.call, s) : (['tool divider', s.newCall, ''] as const);
  if (row.element.className !== classes) row.element.className = classes;
  const isAnswer = item.message?.role === 'assistant' && item.message.status !== 'streaming';
  row.text.show(text, isAnswer ? richText : undefined);
  row.mark.show(mark);
}

type Look = readonly [classes: string, text: string, mark: string];

function messageLook({ role, status, text, via, images, reason }: NonNullable<Item['message']>, s: Strings): Look {
  const said = text.trim();
  const classes = `row ${role}${status === 'streaming' ? ' streaming' : ''}${said ? '' : ' wordless'}`;
  const own = role === 'user';
  switch (status) {
    case 'streaming':
      return [classes, said ? text : own && via === 'voice' ? s.transcribing : '…', own && via === 'text' ? s.notSentYet : ''];
    case 'done':
      if (images) return said ? [classes, text, s.images(images)] : [classes, s.images(images), ''];
      return [classes, said ? text : s.spokenNoText, ''];
    case 'interrupted':
      return [classes, text, s.answerInterrupted];
    case 'failed':
      return [classes, said ? text : own ? s.spokenNoText : '', own ? s.transcriptionFailed : (causeWords(reason, s)?.title ?? s.answerFailed)];
  }
}

/** A name in the middle of our words: on one line, and without marks of its own, one of which could end the isolation. */
const isolated = (name: string): string => `\u2068${name.replace(/[\u202a-\u202e\u2066-\u2069]/g, '').replace(/\s+/g, ' ')}\u2069`;

function toolLook({ name, server, status }: NonNullable<Item['call']>, s: Strings): Look {
  if (name === 'mcp_list_tools' && server !== undefined) return ['tool', s.toolsFailed(isolated(server)), ''];
  const called = server === undefined ? isolated(name) : s.toolOf(isolated(name), isolated(server));
  switch (status) {
    case 'waiting':
      return ['tool running', s.toolWaiting(called), ''];
    case 'done':
      return ['tool', s.toolDone(called), ''];
    case 'failed':
      return ['tool', s.toolFailed(called), ''];
    case 'denied':
      return ['tool', s.toolDenied(called), ''];
    default:
      return ['tool running', s.toolRunning(called), ''];
  }
}
