/** Dictation into real fields of a real browser: what they hold, which events they fire, what undo does, and what is refused. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import type { Message, VoiceAgentError } from '../../../src/contract/index.js';
import { Dictation } from '../../../src/element/dictation.js';
import type { DictationHost } from '../../../src/element/dictation.js';

let root: HTMLElement;
let host: DictationHost;
let troubles: VoiceAgentError[];
let dictation: Dictation;

beforeEach(() => {
  root = document.createElement('main');
  document.body.append(root);
  host = Object.assign(document.createElement('div'), { for: 'field' });
  troubles = [];
  dictation = new Dictation(host, (error) => troubles.push(error));
});
afterEach(() => root.remove());

/** Puts a field and the element into the page. */
function page<E extends HTMLElement>(tag: string, set: Partial<HTMLTextAreaElement & HTMLInputElement> = {}, content = ''): E {
  const field = Object.assign(document.createElement(tag), { id: 'field', ...set });
  if (tag === 'div') {
    field.contentEditable = 'true';
    field.append(content);
  }
  root.append(field, host);
  return field as unknown as E;
}

let turns = 0;
const turn = (text: string, change: Partial<Message> = {}): Message => ({ id: 'u1', role: 'user', via: 'voice', status: 'streaming', text, ...change });
/** A whole utterance in pieces. */
function say(...texts: string[]): void {
  const id = `turn ${++turns}`;
  for (const text of texts) dictation.hear(turn(text, { id }));
  dictation.hear(turn(texts.at(-1) ?? '', { id, status: 'done' }));
}

/** Which events a field fires. */
function eventsOf(field: HTMLElement): string[] {
  const fired: string[] = [];
  for (const type of ['beforeinput', 'input', 'change']) {
    field.addEventListener(type, (event) => fired.push(`${type}${'data' in event ? ` ${String((event as InputEvent).data)}` : ''}`));
  }
  return fired;
}

for (const tag of ['textarea', 'input'] as const) {
  describe(tag, () => {
    type Field = HTMLTextAreaElement;

    test('text streams in and is replaced by the final one; utterances are parted by a space', () => {
      const field = page<Field>(tag);
      dictation.hear(turn('Good'));
      expect(field.value).toBe('Good');
      dictation.hear(turn('Good mourning every'));
      expect(field.value).toBe('Good mourning every');
      dictation.hear(turn('Good morning, everybody.', { status: 'done' }));
      expect(field.value).toBe('Good morning, everybody.');
      say('How', 'How are you?');
      expect(field.value).toBe('Good morning, everybody. How are you?');
      expect(troubles).toEqual([]);
    });

    test('behind the text that is there, where nobody has put a caret', () => {
      const field = page<Field>(tag, { value: 'Dear Ada,' });
      field.setSelectionRange(0, 0);
      say('thank you');
      expect(field.value).toBe('Dear Ada, thank you');
    });

    test('at the caret, with spaces on both sides', () => {
      const field = page<Field>(tag, { value: 'Dear Lovelace' });
      field.setSelectionRange(5, 5);
      say('Ada');
      expect(field.value).toBe('Dear Ada Lovelace');
      expect(field.selectionStart).toBe(9);
    });

    test('over the selection', () => {
      const field = page<Field>(tag, { value: 'Dear Charles, hello' });
      field.setSelectionRange(5, 12);
      say('Ada');
      expect(field.value).toBe('Dear Ada, hello');
    });

    test('without the focus: the events of typing, and a change for each utterance; the focus stays where it is', () => {
      const field = page<Field>(tag);
      const fired = eventsOf(field);
      const button = document.createElement('button');
      root.append(button);
      button.focus();
      say('One', 'One two');
      expect(fired).toEqual(['beforeinput One', 'input One', 'beforeinput  two', 'input  two', 'change']);
      expect(document.activeElement).toBe(button);
    });

    test('with the focus: as if typed, with the browser’s own undo, and its own change when the visitor leaves', async () => {
      const field = page<Field>(tag);
      await userEvent.click(field);
      await userEvent.keyboard('Note: ');
      const fired = eventsOf(field);
      const trusted: boolean[] = [];
      field.addEventListener('input', (event) => trusted.push(event.isTrusted));
      say('One', 'One two');
      expect(field.value).toBe('Note: One two');
      expect(fired.filter((name) => name.startsWith('input'))).toEqual(['input One', 'input  two']);
      expect(trusted).toEqual([true, true]);
      expect(field.selectionStart).toBe(13);
      field.blur();
      expect(fired.at(-1)).toBe('change');
      field.focus();
      for (let step = 0; step < 10 && field.value !== 'Note: '; step++) document.execCommand('undo');
      expect(field.value).toBe('Note: ');
    });

    test('what the visitor types elsewhere meanwhile stays, before and behind', async () => {
      const field = page<Field>(tag, { value: 'A  Z' });
      await userEvent.click(field);
      field.setSelectionRange(2, 2);
      dictation.hear(turn('one'));
      expect(field.value).toBe('A one Z');
      field.setSelectionRange(0, 0);
      await userEvent.keyboard('>>');
      dictation.hear(turn('one two'));
      expect(field.value).toBe('>>A one two Z');
      expect(field.selectionStart, 'the caret is left alone').toBe(2);
      field.setSelectionRange(field.value.length, field.value.length);
      await userEvent.keyboard('<<');
      dictation.hear(turn('one two three', { status: 'done' }));
      expect(field.value).toBe('>>A one two three Z<<');
    });

    test('what the visitor corrects in a text that is still being written stays as it is', async () => {
      const field = page<Field>(tag);
      await userEvent.click(field);
      dictation.hear(turn('recognise beach'));
      field.setSelectionRange(10, 15);
      await userEvent.keyboard('speech');
      dictation.hear(turn('recognise beach today', { status: 'done' }));
      expect(field.value).toBe('recognise speech');
      say('Next.');
      expect(field.value).toBe('recognise speech Next.');
    });

    test('two utterances at once each keep their place', () => {
      const field = page<Field>(tag);
      dictation.hear(turn('first', { id: 'a' }));
      dictation.hear(turn('second', { id: 'b' }));
      dictation.hear(turn('first is longer.', { id: 'a', status: 'done' }));
      dictation.hear(turn('second, too.', { id: 'b', status: 'done' }));
      expect(field.value).toBe('first is longer. second, too.');
    });

    test('maxlength holds, and cuts no character in two', () => {
      const field = page<Field>(tag, { maxLength: 8 });
      say('Hello', 'Hello 😀😀');
      expect(field.value).toBe('Hello 😀');
      say('More');
      expect(field.value).toBe('Hello 😀');
    });

    test('while the visitor composes a character there, nothing is written; then all of it', async () => {
      const field = page<Field>(tag);
      const compose = (type: string) => field.dispatchEvent(new CompositionEvent(type, { bubbles: true, composed: true }));
      dictation.hear(turn('one', { id: 'a' }));
      compose('compositionstart');
      dictation.hear(turn('one two', { id: 'a' }));
      dictation.hear(turn('one two.', { id: 'a', status: 'done' }));
      dictation.hear(turn('Three', { id: 'b' }));
      expect(field.value).toBe('one');
      compose('compositionend');
      await Promise.resolve();
      expect(field.value).toBe('one two. Three');
      dictation.hear(turn('Three.', { id: 'b', status: 'done' }));
      compose('compositionstart');
      say('Elsewhere later.');
      compose('compositionend');
      await Promise.resolve();
      expect(field.value).toBe('one two. Three. Elsewhere later.');
    });

    test('a final text without words takes back what was written', () => {
      const field = page<Field>(tag, { value: 'Hm.' });
      dictation.hear(turn('uh'));
      expect(field.value).toBe('Hm. uh');
      dictation.hear(turn('', { status: 'done' }));
      expect(field.value).toBe('Hm.');
    });

    test('a field that a framework controls: it sees each change, and may make something else of it', async () => {
      const field = page<Field>(tag);
      const prototype = Object.getPrototypeOf(field) as object;
      const native = Object.getOwnPropertyDescriptor(prototype, 'value') as Required<PropertyDescriptor>;
      // As React does it: the value's setter of the instance remembers what the framework itself has written.
      let tracked = '';
      Object.defineProperty(field, 'value', {
        configurable: true,
        get: () => native.get.call(field) as string,
        set: (value: string) => {
          tracked = value;
          native.set.call(field, value);
        },
      });
      const seen: string[] = [];
      field.addEventListener('input', () => {
        if (tracked === field.value) return;
        tracked = field.value;
        const state = field.value.toUpperCase();
        seen.push(state);
        queueMicrotask(() => (field.value = state));
      });
      for (const [text, status] of [['one', 'streaming'], ['one two', 'streaming'], ['one two three', 'done']] as const) {
        dictation.hear(turn(text, { status }));
        await Promise.resolve();
      }
      expect(seen.at(-1)).toBe('ONE TWO THREE');
      expect(field.value).toBe('ONE TWO THREE');
      expect(new Set(seen).size).toBeGreaterThanOrEqual(3);
    });

    test('a page that forbids the input gets its way', () => {
      const field = page<Field>(tag, { value: 'x' });
      field.addEventListener('beforeinput', (event) => event.preventDefault());
      say('One', 'One two');
      expect(field.value).toBe('x');
    });

    test('read-only or disabled: nothing is written, the page is told once, and it goes on when it is open again', () => {
      const field = page<Field>(tag, { readOnly: true });
      say('One', 'One two');
      expect(field.value).toBe('');
      expect(troubles.map(({ code, message }) => [code, message])).toEqual([['invalid_request', expect.stringContaining('read-only')]]);
      field.readOnly = false;
      const fieldset = document.createElement('fieldset');
      fieldset.disabled = true;
      root.append(fieldset);
      fieldset.append(field);
      say('Two');
      expect(field.value).toBe('');
      fieldset.disabled = false;
      say('Three');
      expect(field.value).toBe('Three');
      expect(troubles).toHaveLength(1);
    });

    test('a field that is made anew in the middle, with the same text, is written on; with another text it is not', () => {
      const field = page<Field>(tag);
      dictation.hear(turn('one'));
      const again = field.cloneNode() as Field;
      again.value = field.value;
      field.replaceWith(again);
      dictation.hear(turn('one two'));
      expect(again.value).toBe('one two');
      const other = field.cloneNode() as Field;
      other.value = 'Theirs.';
      again.replaceWith(other);
      dictation.hear(turn('one two three', { status: 'done' }));
      expect(other.value).toBe('Theirs.');
      say('Next.');
      expect(other.value).toBe('Theirs. Next.');
      expect(troubles).toEqual([]);
    });
  });
}

test.each([
  ['Ask', '(', 'why', '(why'],
  ['before punctuation', 'well', ', yes', 'well, yes'],
  ['Chinese', '你好。', '再见', '你好。再见'],
  ['Japanese after English', 'Hello', 'こんにちは', 'Helloこんにちは'],
  ['Korean has spaces', '안녕하세요.', '반갑습니다', '안녕하세요. 반갑습니다'],
  ['a new line', 'Dear Ada,\n', 'thank you', 'Dear Ada,\nthank you'],
  ['Arabic', 'مرحبا', 'بك', 'مرحبا بك'],
])('spaces: %s', (_, before, said, after) => {
  const field = page<HTMLTextAreaElement>('textarea', { value: before });
  say(said);
  expect(field.value).toBe(after);
});

test('one line stays one line', () => {
  const field = page<HTMLInputElement>('input');
  say('One\n two');
  expect(field.value).toBe('One two');
});

test('fields without a caret get text at their end', () => {
  const field = page<HTMLInputElement>('input', { type: 'email' });
  const fired = eventsOf(field);
  say('ada@example', 'ada@example.com');
  expect(field.value).toBe('ada@example.com');
  expect(fired).toEqual(['beforeinput ada@example', 'input ada@example', 'beforeinput .com', 'input .com', 'change']);
});

describe('contenteditable', () => {
  test('plain text at the end, streaming, with spaces between utterances; nobody loses the focus', () => {
    const field = page<HTMLElement>('div', {}, 'Dear Ada,');
    const fired = eventsOf(field);
    dictation.hear(turn('thank'));
    dictation.hear(turn('thank you <b>so</b> much.', { status: 'done' }));
    say('Bye.');
    expect(field.textContent).toBe('Dear Ada, thank you <b>so</b> much. Bye.');
    expect(field.children).toHaveLength(0);
    expect(fired.filter((name) => name.startsWith('input'))).toEqual(['input  thank', 'input  you <b>so</b> much.', 'input  Bye.']);
    expect(document.activeElement).toBe(document.body);
  });

  test('inside the last paragraph of several', () => {
    const field = page<HTMLElement>('div');
    const paragraphs = ['One.', 'Two.'].map((text) => Object.assign(document.createElement('p'), { textContent: text }));
    field.append(...paragraphs);
    say('Three.');
    expect(paragraphs.map(({ textContent }) => textContent)).toEqual(['One.', 'Two. Three.']);
    const empty = document.createElement('p');
    empty.append(document.createElement('br'));
    field.append(empty);
    say('Four.');
    expect(empty.textContent).toBe('Four.');
  });

  test('at the caret with the focus, as if typed, with undo', async () => {
    const field = page<HTMLElement>('div', {}, 'Dear Lovelace');
    await userEvent.click(field);
    getSelection()?.setPosition(field.firstChild, 5);
    const trusted: boolean[] = [];
    field.addEventListener('input', (event) => trusted.push(event.isTrusted));
    say('Ad', 'Ada');
    expect(field.textContent?.replaceAll('\u00a0', ' ')).toBe('Dear Ada Lovelace');
    expect(trusted.length).toBeGreaterThan(0);
    expect(trusted).not.toContain(false);
    await userEvent.keyboard('!');
    expect(field.textContent?.replaceAll('\u00a0', ' ')).toBe('Dear Ada !Lovelace');
    for (let step = 0; step < 10 && field.textContent?.replaceAll('\u00a0', ' ') !== 'Dear Lovelace'; step++) document.execCommand('undo');
    expect(field.textContent?.replaceAll('\u00a0', ' ')).toBe('Dear Lovelace');
  });

  test('over the selection', async () => {
    const field = page<HTMLElement>('div', {}, 'Dear Charles, hello');
    await userEvent.click(field);
    getSelection()?.setBaseAndExtent(field.firstChild as Node, 5, field.firstChild as Node, 12);
    say('A', 'Ada');
    expect(field.textContent).toBe('Dear Ada, hello');
    const { anchorOffset, isCollapsed } = getSelection() as Selection;
    expect([anchorOffset, isCollapsed]).toEqual([8, true]);
  });

  test('what the visitor types elsewhere stays, and what they correct in the middle, too', async () => {
    const field = page<HTMLElement>('div', {}, 'A Z');
    await userEvent.click(field);
    getSelection()?.setPosition(field.firstChild, 1);
    dictation.hear(turn('one'));
    getSelection()?.setPosition(field, 0);
    await userEvent.keyboard('>');
    dictation.hear(turn('one two'));
    expect(field.textContent?.replaceAll('\u00a0', ' ')).toBe('>A one two Z');
    const text = field.firstChild as Text;
    getSelection()?.setBaseAndExtent(text, 3, text, 6);
    await userEvent.keyboard('ONE');
    dictation.hear(turn('one two three', { status: 'done' }));
    expect(field.textContent?.replaceAll('\u00a0', ' ')).toBe('>A ONE two Z');
  });

  test('no longer editable: nothing is written', () => {
    const field = page<HTMLElement>('div', {}, 'Fixed.');
    dictation.hear(turn('one'));
    field.contentEditable = 'false';
    dictation.hear(turn('one two', { status: 'done' }));
    expect(field.textContent).toBe('Fixed. one');
  });
});

describe('what is no field', () => {
  const said = (): string[] => troubles.map(({ message }) => message);

  test('missing: told at the beginning of a call and once, and used as soon as it is there', () => {
    root.append(host);
    dictation.check();
    say('One');
    say('Two');
    expect(said()).toEqual(['for="field": there is no such field in the page.']);
    expect(troubles[0]).toMatchObject({ code: 'invalid_request', recoverable: true });
    const field = page<HTMLTextAreaElement>('textarea');
    say('Three');
    expect(field.value).toBe('Three');
    field.remove();
    dictation.check();
    expect(said(), 'the next call says it again').toHaveLength(2);
  });

  test.each(['password', 'checkbox', 'number', 'date', 'file'])('%s is refused', (type) => {
    const field = page<HTMLInputElement>('input', { type });
    dictation.check();
    say('One');
    expect(field.value).toBe(type === 'checkbox' ? 'on' : '');
    expect(said()).toEqual([expect.stringContaining('none for passwords')]);
  });

  test('a field that becomes one for passwords gets nothing more', () => {
    const field = page<HTMLInputElement>('input');
    dictation.hear(turn('one'));
    field.type = 'password';
    dictation.hear(turn('one two', { status: 'done' }));
    say('three');
    expect(field.value).toBe('one');
    expect(said()).toEqual([expect.stringContaining('none for passwords')]);
  });

  test('other text than the visitor’s voice stays out', () => {
    const field = page<HTMLTextAreaElement>('textarea');
    dictation.hear(turn('typed', { via: 'text', status: 'done' }));
    dictation.hear(turn('answer', { role: 'assistant', status: 'done' }));
    dictation.hear(turn('', { status: 'failed' }));
    expect(field.value).toBe('');
  });

  test('the element’s own tree counts first, then the page', () => {
    const outside = page<HTMLTextAreaElement>('textarea');
    const shell = document.createElement('div');
    const shadow = shell.attachShadow({ mode: 'open' });
    const inside = Object.assign(document.createElement('textarea'), { id: 'field' });
    root.append(shell);
    shadow.append(host, inside);
    say('One');
    expect([outside.value, inside.value]).toEqual(['', 'One']);
    inside.remove();
    say('Two');
    expect([outside.value, inside.value]).toEqual(['Two', 'One']);
  });
});
