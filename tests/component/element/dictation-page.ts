/**
 * Shared setup of the dictation tests: a page with a field and the dictation under test, recreated before each test,
 * and simulated speech.
 */
import { afterEach, beforeEach } from 'vitest';
import type { Message, VoiceAgentError } from '../../../src/contract/index.js';
import { Dictation } from '../../../src/element/dictation.js';
import type { DictationHost } from '../../../src/element/dictation.js';

/** Container of the page's content. */
export let root: HTMLElement;
/** The element, which references the field by `for`. */
export let host: DictationHost;
/** The reported errors. */
export let errors: VoiceAgentError[];
export let dictation: Dictation;

beforeEach(() => {
  root = document.createElement('main');
  document.body.append(root);
  host = Object.assign(document.createElement('div'), { for: 'field' });
  errors = [];
  dictation = new Dictation(host, (error) => errors.push(error));
});
afterEach(() => root.remove());

/** Inserts a field and the element into the page. */
export function page<E extends HTMLElement>(tag: string, set: Partial<HTMLTextAreaElement & HTMLInputElement> = {}, content = ''): E {
  const field = Object.assign(document.createElement(tag), { id: 'field', ...set });
  if (tag === 'div') {
    field.contentEditable = 'true';
    field.append(content);
  }
  root.append(field, host);
  return field as unknown as E;
}

let turns = 0;

/** A partial or final turn of the visitor. */
export const turn = (text: string, change: Partial<Message> = {}): Message => ({
  id: 'u1',
  role: 'user',
  via: 'voice',
  status: 'streaming',
  text,
  ...change,
});
/** A complete utterance, streamed in pieces. */
export function say(...texts: string[]): void {
  const id = `turn ${++turns}`;
  for (const text of texts) dictation.hear(turn(text, { id }));
  dictation.hear(turn(texts.at(-1) ?? '', { id, status: 'done' }));
}

/** Records the events that a field fires. */
export function eventsOf(field: HTMLElement): string[] {
  const fired: string[] = [];
  for (const type of ['beforeinput', 'input', 'change']) {
    field.addEventListener(type, (event) => fired.push(`${type}${'data' in event ? ` ${String((event as InputEvent).data)}` : ''}`));
  }
  return fired;
}
