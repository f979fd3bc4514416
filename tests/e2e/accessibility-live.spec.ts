/** Live regions: each finished turn is announced once, and partial text is never announced. */
import type { Locator, Page } from '@playwright/test';
import { chromiumLaunch } from '../support/chromium.js';
import { Dialogue } from '../support/dialogue.js';
import { record } from '../support/spoken.js';
import { arrive } from '../support/states.js';
import type { Stage } from '../support/stage.js';
import { expect, test } from './fixtures.js';

const silence = await record('silence', [2_000]);

test.use({ launchOptions: chromiumLaunch({ wav: silence.path, loop: true }), contextOptions: { reducedMotion: 'reduce' } });
test.describe.configure({ mode: 'parallel' });

/** An announcement: the role of the live region and its text. */
type Announcement = readonly [role: string, text: string];

declare global {
  interface Window {
    announced: Announcement[];
  }
}

/** Records changes in every live region of the open panel, as assistive technology reads them: added or changed text. */
async function listen(host: Locator): Promise<void> {
  await host.evaluate((agent) => {
    window.announced = [];
    const note = (role: string, node: Node | null): void => {
      const text = node?.textContent?.trim().replace(/\s+/g, ' ') ?? '';
      if (text) window.announced.push([role, text]);
    };
    const visit = (root: ParentNode): void => {
      for (const element of root.querySelectorAll('*')) {
        if (element.shadowRoot) visit(element.shadowRoot);
        const role = element.getAttribute('role') ?? '';
        if (!['log', 'status', 'alert'].includes(role) && !element.hasAttribute('aria-live')) continue;
        new MutationObserver((changes) => {
          for (const { type, target, addedNodes } of changes) {
            if (role !== 'log') continue;
            if (type === 'characterData') note('log, changed', target);
            // New rows, or text added to an existing row.
            for (const node of addedNodes) note(target === element ? 'log' : 'log, changed', node);
          }
          // A status or an alert is announced as a whole when its text changes.
          const text = element.textContent?.trim().replace(/\s+/g, ' ') ?? '';
          if (role !== 'log' && text && text !== said) window.announced.push([role, text]);
          said = text;
        }).observe(element, { childList: true, characterData: true, subtree: true });
        let said = element.textContent?.trim().replace(/\s+/g, ' ') ?? '';
      }
    };
    if (agent.shadowRoot) visit(agent.shadowRoot);
  });
}

const announcements = (page: Page): Promise<Announcement[]> => page.evaluate(() => window.announced);

function dialogueOf({ site }: Stage): Dialogue {
  const call = site.sandbox.calls[0];
  if (!call) throw new Error('no call');
  return new Dialogue(call);
}

test('each finished turn enters the log once as a whole, and partial text stays outside it', async ({ page, site }) => {
  const stage = await arrive(page, site, 'listening');
  const { host } = stage;
  const log = host.getByRole('log');
  // The transcript code loads once a call exists.
  await log.waitFor({ state: 'attached' });
  await listen(host);
  const dialogue = dialogueOf(stage);

  const question = dialogue.userBegins();
  dialogue.userEnds(question);
  await expect(host.getByText('Transcribing…')).toBeVisible();
  await expect(log.getByText('Transcribing…')).toHaveCount(0);
  dialogue.transcribe(question, 'Where is my parcel?');
  await expect(log.getByText('Where is my parcel?')).toBeVisible();

  const answer = dialogue.agentBegins('It is');
  await expect(host.getByText('It is', { exact: true })).toBeVisible();
  for (const words of [' on', ' its', ' way.']) dialogue.agentGoesOn(answer, words);
  await expect(host.getByText('It is on its way.')).toBeVisible();
  await expect(log.getByText('It is')).toHaveCount(0);
  dialogue.agentEnds(answer, 'It is on its way.');
  await expect(log.getByText('It is on its way.')).toBeVisible();

  // The server repeats events; they are not announced again.
  dialogue.agentIsMade(answer, 'It is on its way.');
  dialogue.transcribe(question, 'Where is my parcel?');
  dialogue.userSays('Thank you.');
  await expect(log.getByText('Thank you.')).toBeVisible();

  expect(await announcements(page)).toEqual([
    ['log', 'You: Where is my parcel?'],
    ['log', 'Agent: It is on its way.'],
    ['log', 'You: Thank you.'],
  ]);
});

test('each state change of a call is announced once', async ({ page, site }) => {
  const { host } = await arrive(page, site, 'panel open, idle');
  await listen(host);
  const state = host.locator('[part="state"]');
  await host.getByRole('button', { name: 'Start talking' }).click();
  await expect(state).toHaveText('Listening', { timeout: 30_000 });
  await host.getByRole('button', { name: 'Mute' }).click();
  await expect(state).toHaveText('Muted');
  await host.getByRole('button', { name: 'Mute' }).click();
  await expect(state).toHaveText('Listening');
  await host.getByRole('button', { name: 'End call' }).click();
  await expect(host.getByRole('status')).toContainText('Call ended');
  const all = await announcements(page);
  expect(all).toEqual([
    ['status', 'Connecting… One moment.'],
    ['status', 'Connected. Go ahead and speak.'],
    ['status', 'Muted'],
    ['status', 'Connected. Go ahead and speak.'],
    ['status', 'Call ended. It lasted 0:00.'],
  ]);
});

test('turns do not change the status, and an error is announced once by the alert', async ({ page, site }) => {
  const stage = await arrive(page, site, 'listening');
  const { host } = stage;
  await host.getByRole('log').waitFor({ state: 'attached' });
  await listen(host);
  const dialogue = dialogueOf(stage);
  dialogue.sendTurns([
    { role: 'user', text: 'One.' },
    { role: 'assistant', text: 'Two.' },
  ]);
  await expect(host.getByRole('log').getByText('Two.')).toBeVisible();
  dialogue.complain();
  await expect(host.getByRole('alert')).toContainText('Something went wrong');
  dialogue.complain();
  site.sandbox.calls[0]?.closeChannel();
  await expect(host.getByRole('alert')).toContainText('The connection was lost');
  expect((await announcements(page)).filter(([role]) => !role.startsWith('log'))).toEqual([
    ['alert', 'Something went wrong. The voice service reported a problem. Your call is still active.'],
    ['alert', 'The connection was lost. Check your internet connection, then try again.'],
  ]);
});

test('buttons expose their names and states', async ({ page, site }) => {
  const { host } = await arrive(page, site, 'speaking');
  const describe = (name: string): Promise<Record<string, string | null>> =>
    host.getByRole('button', { name, exact: true }).evaluate((button) => ({
      pressed: button.getAttribute('aria-pressed'),
      disabled: button.getAttribute('aria-disabled'),
    }));
  expect(await describe('Mute')).toEqual({ pressed: 'false', disabled: 'false' });
  expect(await describe('Interrupt')).toEqual({ pressed: null, disabled: 'false' });
  expect(await describe('End call')).toEqual({ pressed: null, disabled: null });
  expect(await describe('Send')).toEqual({ pressed: null, disabled: 'true' });
  expect(await describe('Minimise')).toEqual({ pressed: null, disabled: null });
  await host.getByRole('textbox', { name: 'Message' }).fill('Hello');
  expect(await describe('Send')).toEqual({ pressed: null, disabled: 'false' });
  await host.getByRole('button', { name: 'Mute' }).click();
  await expect(host.getByRole('button', { name: 'Mute', pressed: true })).toBeVisible();
  await expect(host.getByRole('dialog', { name: 'Ask Ada' })).toBeVisible();
  await expect(host.getByRole('timer', { name: 'Duration' })).toBeVisible();
});
