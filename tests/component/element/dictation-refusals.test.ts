/** Fields that dictation does not write into, turns that it does not write, and the errors that it reports. */
import { describe, expect, test } from 'vitest';
import { dictation, host, page, root, say, errors, turn } from './dictation-page.js';

describe('unusable fields', () => {
  const errorMessages = (): string[] => errors.map(({ message }) => message);

  test('a missing field is reported once, at the beginning of a call, and used as soon as it exists', () => {
    root.append(host);
    dictation.check();
    say('One');
    say('Two');
    expect(errorMessages()).toEqual(['for="field": no element with this id was found.']);
    expect(errors[0]).toMatchObject({ code: 'invalid_request', recoverable: true });
    const field = page<HTMLTextAreaElement>('textarea');
    say('Three');
    expect(field.value).toBe('Three');
    field.remove();
    dictation.check();
    expect(errorMessages(), 'the next call reports it again').toHaveLength(2);
  });

  test.each(['password', 'checkbox', 'number', 'date', 'file'])('rejects an input of type %s', (type) => {
    const field = page<HTMLInputElement>('input', { type });
    dictation.check();
    say('One');
    expect(field.value).toBe(type === 'checkbox' ? 'on' : '');
    expect(errorMessages()).toEqual([expect.stringContaining('not a password field')]);
  });

  test('a field that becomes a password field is no longer written', () => {
    const field = page<HTMLInputElement>('input');
    dictation.hear(turn('one'));
    field.type = 'password';
    dictation.hear(turn('one two', { status: 'done' }));
    say('three');
    expect(field.value).toBe('one');
    expect(errorMessages()).toEqual([expect.stringContaining('not a password field')]);
  });

  test('only spoken user turns are written', () => {
    const field = page<HTMLTextAreaElement>('textarea');
    dictation.hear(turn('typed', { via: 'text', status: 'done' }));
    dictation.hear(turn('answer', { role: 'assistant', status: 'done' }));
    dictation.hear(turn('', { status: 'failed' }));
    expect(field.value).toBe('');
  });

  test('looks up the field in the element’s own tree first, then in the page', () => {
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
