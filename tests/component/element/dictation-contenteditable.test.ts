/** Dictation into `contenteditable` in a real browser: plain text at the caret, with undo, without losing the visitor's own text. */
import { describe, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import { dictation, eventsOf, page, say, turn } from './dictation-page.js';

describe('contenteditable', () => {
  test('streams plain text to the end, with spaces between utterances, and does not move the focus', () => {
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

  test('appends to the last of several paragraphs', () => {
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

  test('inserts at the caret while focused, as if typed, with undo', async () => {
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

  test('replaces the selection', async () => {
    const field = page<HTMLElement>('div', {}, 'Dear Charles, hello');
    await userEvent.click(field);
    getSelection()?.setBaseAndExtent(field.firstChild as Node, 5, field.firstChild as Node, 12);
    say('A', 'Ada');
    expect(field.textContent).toBe('Dear Ada, hello');
    const { anchorOffset, isCollapsed } = getSelection() as Selection;
    expect([anchorOffset, isCollapsed]).toEqual([8, true]);
  });

  test('keeps what the visitor types elsewhere and corrects in the middle', async () => {
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

  test('writes nothing once the element is no longer editable', () => {
    const field = page<HTMLElement>('div', {}, 'Fixed.');
    dictation.hear(turn('one'));
    field.contentEditable = 'false';
    dictation.hear(turn('one two', { status: 'done' }));
    expect(field.textContent).toBe('Fixed. one');
  });
});
