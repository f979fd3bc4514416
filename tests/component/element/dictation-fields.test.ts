/** Dictation into `textarea` and `input` in a real browser: their values, events and undo. */
import { describe, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import { dictation, eventsOf, page, root, say, errors, turn } from './dictation-page.js';

for (const tag of ['textarea', 'input'] as const) {
  describe(tag, () => {
    type Field = HTMLTextAreaElement;

    test('streams text and replaces it with the final one; utterances are separated by a space', () => {
      const field = page<Field>(tag);
      dictation.hear(turn('Good'));
      expect(field.value).toBe('Good');
      dictation.hear(turn('Good mourning every'));
      expect(field.value).toBe('Good mourning every');
      dictation.hear(turn('Good morning, everybody.', { status: 'done' }));
      expect(field.value).toBe('Good morning, everybody.');
      say('How', 'How are you?');
      expect(field.value).toBe('Good morning, everybody. How are you?');
      expect(errors).toEqual([]);
    });

    test('appends to existing text if the field was never focused', () => {
      const field = page<Field>(tag, { value: 'Dear Ada,' });
      field.setSelectionRange(0, 0);
      say('thank you');
      expect(field.value).toBe('Dear Ada, thank you');
    });

    test('inserts at the caret, with spaces on both sides', () => {
      const field = page<Field>(tag, { value: 'Dear Lovelace' });
      field.setSelectionRange(5, 5);
      say('Ada');
      expect(field.value).toBe('Dear Ada Lovelace');
      expect(field.selectionStart).toBe(9);
    });

    test('replaces the selection', () => {
      const field = page<Field>(tag, { value: 'Dear Charles, hello' });
      field.setSelectionRange(5, 12);
      say('Ada');
      expect(field.value).toBe('Dear Ada, hello');
    });

    test('without focus, fires the events of typing and a change per utterance, and does not move the focus', () => {
      const field = page<Field>(tag);
      const fired = eventsOf(field);
      const button = document.createElement('button');
      root.append(button);
      button.focus();
      say('One', 'One two');
      expect(fired).toEqual(['beforeinput One', 'input One', 'beforeinput  two', 'input  two', 'change']);
      expect(document.activeElement).toBe(button);
    });

    test('while focused, types with native undo, and the browser fires change when the visitor leaves', async () => {
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

    test('keeps what the visitor types before and after the utterance meanwhile', async () => {
      const field = page<Field>(tag, { value: 'A  Z' });
      await userEvent.click(field);
      field.setSelectionRange(2, 2);
      dictation.hear(turn('one'));
      expect(field.value).toBe('A one Z');
      field.setSelectionRange(0, 0);
      await userEvent.keyboard('>>');
      dictation.hear(turn('one two'));
      expect(field.value).toBe('>>A one two Z');
      expect(field.selectionStart, 'the caret does not move').toBe(2);
      field.setSelectionRange(field.value.length, field.value.length);
      await userEvent.keyboard('<<');
      dictation.hear(turn('one two three', { status: 'done' }));
      expect(field.value).toBe('>>A one two three Z<<');
    });

    test('keeps corrections by the visitor in text that is still streaming', async () => {
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

    test('two concurrent utterances keep their places', () => {
      const field = page<Field>(tag);
      dictation.hear(turn('first', { id: 'a' }));
      dictation.hear(turn('second', { id: 'b' }));
      dictation.hear(turn('first is longer.', { id: 'a', status: 'done' }));
      dictation.hear(turn('second, too.', { id: 'b', status: 'done' }));
      expect(field.value).toBe('first is longer. second, too.');
    });

    test('respects maxlength and does not split a character', () => {
      const field = page<Field>(tag, { maxLength: 8 });
      say('Hello', 'Hello 😀😀');
      expect(field.value).toBe('Hello 😀');
      say('More');
      expect(field.value).toBe('Hello 😀');
    });

    test('waits during an input method composition, then writes everything', async () => {
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

    test('an empty final transcript removes the streamed text', () => {
      const field = page<Field>(tag, { value: 'Hm.' });
      dictation.hear(turn('uh'));
      expect(field.value).toBe('Hm. uh');
      dictation.hear(turn('', { status: 'done' }));
      expect(field.value).toBe('Hm.');
    });

    test('a framework that controls the field sees each change and may modify it', async () => {
      const field = page<Field>(tag);
      const prototype = Object.getPrototypeOf(field) as object;
      const native = Object.getOwnPropertyDescriptor(prototype, 'value') as Required<PropertyDescriptor>;
      // As in React: the instance's value setter records what the framework itself has written.
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
      for (const [text, status] of [
        ['one', 'streaming'],
        ['one two', 'streaming'],
        ['one two three', 'done'],
      ] as const) {
        dictation.hear(turn(text, { status }));
        await Promise.resolve();
      }
      expect(seen.at(-1)).toBe('ONE TWO THREE');
      expect(field.value).toBe('ONE TWO THREE');
      expect(new Set(seen).size).toBeGreaterThanOrEqual(3);
    });

    test('a page can prevent the input', () => {
      const field = page<Field>(tag, { value: 'x' });
      field.addEventListener('beforeinput', (event) => event.preventDefault());
      say('One', 'One two');
      expect(field.value).toBe('x');
    });

    test('a read-only or disabled field is not written, is reported once, and is used again once it is editable', () => {
      const field = page<Field>(tag, { readOnly: true });
      say('One', 'One two');
      expect(field.value).toBe('');
      expect(errors.map(({ code, message }) => [code, message])).toEqual([['invalid_request', expect.stringContaining('read-only')]]);
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
      expect(errors).toHaveLength(1);
    });

    test('continues in a recreated field with the same text, but not in one with different text', () => {
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
      expect(errors).toEqual([]);
    });
  });
}

test.each([
  ['after an opening bracket', '(', 'why', '(why'],
  ['before punctuation', 'well', ', yes', 'well, yes'],
  ['Chinese', '你好。', '再见', '你好。再见'],
  ['Japanese after English', 'Hello', 'こんにちは', 'Helloこんにちは'],
  ['Korean has spaces', '안녕하세요.', '반갑습니다', '안녕하세요. 반갑습니다'],
  ['a new line', 'Dear Ada,\n', 'thank you', 'Dear Ada,\nthank you'],
  ['Arabic', 'مرحبا', 'بك', 'مرحبا بك'],
])('inserts spaces correctly: %s', (_, before, said, after) => {
  const field = page<HTMLTextAreaElement>('textarea', { value: before });
  say(said);
  expect(field.value).toBe(after);
});

test('a single-line input gets no line breaks', () => {
  const field = page<HTMLInputElement>('input');
  say('One\n two');
  expect(field.value).toBe('One two');
});

test('appends to fields without a caret', () => {
  const field = page<HTMLInputElement>('input', { type: 'email' });
  const fired = eventsOf(field);
  say('ada@example', 'ada@example.com');
  expect(field.value).toBe('ada@example.com');
  expect(fired).toEqual(['beforeinput ada@example', 'input ada@example', 'beforeinput .com', 'input .com', 'change']);
});
