/** A transcript of several calls, and of one whose turns are heard. */
import { expect, test } from 'vitest';
import { axeCheck, part, set, strings, turn } from './mount.js';
import { announcements, log, of } from './transcript-view.js';

test('a divider marks a new call, even before its first turn, and is announced once', async () => {
  const [a, b, c] = [turn('a', 'Hello.'), turn('b', 'Bye.', { role: 'user' }), turn('c', 'Hello again.')];
  const view = await of([a, b]);
  const announced = announcements(view);
  await set(view, { callStarts: [2] });
  const divider = `${strings.newCall}`;
  expect([...log(view).children].map((row) => row.textContent)).toEqual(['Agent: Hello.', 'You: Bye.', divider]);
  await set(view, { items: [a, b, c] });
  expect([...log(view).children].map((row) => row.textContent)).toEqual(['Agent: Hello.', 'You: Bye.', divider, 'Agent: Hello again.']);
  expect(announced()).toEqual([divider, 'Agent: Hello again.']);
  expect(part(view, 'divider').checkVisibility()).toBe(true);
  expect(await axeCheck(view)).toEqual([]);
});

test('the log is not live while turns are heard', async () => {
  const view = await of([turn('a', 'Hello.')]);
  expect(log(view).getAttribute('aria-live')).toBe('polite');
  await set(view, { quiet: true });
  expect(log(view).getAttribute('aria-live')).toBe('off');
});
