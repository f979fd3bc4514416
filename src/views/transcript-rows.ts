/**
 * The rows of a transcript as plain DOM. Owns creating, updating and moving rows; text is only inserted as text nodes, including
 * formatted answers (`rich-text.ts`).
 * Without templates, because a row must stay untouched while its neighbours come and go: a recreated row in a
 * log would be announced again, and ten thousand turns must cost no more than the last one.
 */
import type { Strings } from '../i18n/strings.js';
import { causeWords } from './cause-words.js';
import { richText } from './rich-text.js';
import type { TranscriptItem } from './transcript-items.js';

/** A row and the item that it shows. */
export interface TranscriptRow {
  readonly element: HTMLElement;
  readonly text: TranslatableText;
  readonly mark: TranslatableText;
  key: string;
  item: TranscriptItem;
}

/**
 * An element that contains only text and supports page translation: browsers translate by replacing text nodes with
 * their own elements. New text is compared with the last text set here, not with the DOM.
 */
class TranslatableText {
  readonly element: HTMLElement;
  readonly #text = document.createTextNode('');
  #format: ((text: string) => Node[] | undefined) | undefined;

  constructor(name: string) {
    this.element = document.createElement(name);
  }

  /** Updates only what differs; new text replaces a translation. `format` returns the nodes for formatted text. */
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

/** TranscriptRows by key, for all parts of one transcript. */
export class TranscriptRows {
  #rows = new Map<string, TranscriptRow>();

  /** Makes each container hold exactly its items, in order; all other rows are removed. */
  sync(parts: readonly (readonly [container: Element, items: readonly TranscriptItem[]])[], s: Strings): void {
    const wanted = new Set(parts.flatMap(([, items]) => items.map((item) => item.key)));
    for (const [container, items] of parts) {
      let cursor = container.firstElementChild;
      for (const item of items) {
        let row = this.#rows.get(item.key) ?? this.#adopt(cursor, item, wanted);
        // Orca announces a row that is moved into the log several times, in pieces; a new one only once.
        if (row?.element.parentNode !== container) {
          row?.element.remove();
          row = this.#make(item, s);
        }
        // Obsolete rows are removed at the end; skipping them here keeps their neighbours in place.
        while (cursor && cursor !== row.element && !wanted.has(keyOf(cursor))) cursor = cursor.nextElementSibling;
        // Update the text before inserting the row, so that it is announced with its final text.
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

  /** A turn whose local id was replaced by the server's keeps its row, so that it is not announced twice. */
  #adopt(element: Element | null, item: TranscriptItem, wanted: ReadonlySet<string>): TranscriptRow | undefined {
    const row = element && this.#rows.get(keyOf(element));
    if (!row || wanted.has(row.key) || !item.message || row.item.message?.role !== item.message.role) return undefined;
    if (row.item.message.text !== item.message.text) return undefined;
    this.#rows.delete(row.key);
    return this.#keep(row, item.key);
  }

  #make(item: TranscriptItem, s: Strings): TranscriptRow {
    const element = document.createElement('div');
    element.setAttribute('part', item.message ? `message ${item.message.role}-message` : item.call ? 'tool' : 'divider');
    const line = document.createElement('p');
    line.dir = 'auto';
    if (item.message) {
      const who = document.createElement('span');
      who.className = 'unseen';
      // Its own direction keeps it from affecting the direction of the line.
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

  #keep(row: TranscriptRow, key: string): TranscriptRow {
    row.key = key;
    row.element.dataset['key'] = key;
    this.#rows.set(key, row);
    return row;
  }
}

const keyOf = (element: Element): string => (element as HTMLElement).dataset['key'] ?? '';

/** Shows an item in its row; updates only what differs. */
function paint(row: TranscriptRow, item: TranscriptItem, s: Strings): void {
  row.item = item;
  const [classes, text, mark] = item.message
    ? messageLook(item.message, s)
    : item.call
      ? toolLook(item.call, s)
      : (['tool divider', s.newCall, ''] as const);
  if (row.element.className !== classes) row.element.className = classes;
  if (item.message?.phase === 'commentary') row.element.part.add('commentary-message');
  const isAnswer = item.message?.role === 'assistant' && item.message.status !== 'streaming';
  row.text.show(text, isAnswer ? richText : undefined);
  row.mark.show(mark);
}

type Look = readonly [classes: string, text: string, mark: string];

function messageLook({ role, status, text, via, images, phase, reason }: NonNullable<TranscriptItem['message']>, s: Strings): Look {
  const hasText = text.trim();
  const classes = `row ${role}${status === 'streaming' ? ' streaming' : ''}${hasText ? '' : ' wordless'}${phase === 'commentary' ? ' commentary' : ''}`;
  const own = role === 'user';
  switch (status) {
    case 'streaming':
      return [classes, hasText ? text : own && via === 'voice' ? s.transcribing : '…', own && via === 'text' ? s.notSentYet : ''];
    case 'done':
      if (images) return hasText ? [classes, text, s.images(images)] : [classes, s.images(images), ''];
      return [classes, hasText ? text : s.spokenNoText, ''];
    case 'interrupted':
      return [classes, text, s.answerInterrupted];
    case 'failed':
      return [
        classes,
        hasText ? text : own ? s.spokenNoText : '',
        own ? s.transcriptionFailed : (causeWords(reason, s)?.title ?? s.answerFailed),
      ];
  }
}

/** Isolates a name within our text: on one line, and without bidi marks, which could end the isolation. */
const isolated = (name: string): string => `\u2068${name.replace(/[\u202a-\u202e\u2066-\u2069]/g, '').replace(/\s+/g, ' ')}\u2069`;

function toolLook({ name, server, status }: NonNullable<TranscriptItem['call']>, s: Strings): Look {
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
