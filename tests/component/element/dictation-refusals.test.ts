/** What dictation does not write into, what it does not write, and what the page is told of it. */
import { describe, expect, test } from 'vitest';
import { dictation, host, page, root, say, troubles, turn } from './dictation-page.js';

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
