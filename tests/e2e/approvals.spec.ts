/** Tools that need approval: decided in the panel or by the page, in time or too late, by pointer or keyboard. */
import type { Page } from '@playwright/test';
import type { ReplyItem, SandboxCall } from '../../src/sandbox/index.js';
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';
import type { Widget } from './fixtures.js';
import type { Site } from '../support/site.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });
test.describe.configure({ mode: 'parallel' });

/** Set before the widget's script runs, as a page may do. */
const script = (more = ''): string => `
const agent = document.querySelector('voice-agent');
window.ran = [];
agent.tools = [
  { name: 'pay', needsApproval: true, execute(args) { ran.push(args); return 'paid ' + args.sum; } },
  { name: 'look', execute: () => 'seen' },
];
agent.sessionConfig = { tools: [{ type: 'mcp', server_label: 'shop', server_url: 'https://mcp.example', require_approval: 'always' }] };
${more}`;

const ran = (page: Page): Promise<unknown[]> => page.evaluate(() => window.ran);
const outputs = (call: SandboxCall): string[] =>
  call.events
    .filter(({ direction, type }) => direction === 'in' && type === 'conversation.item.create')
    .map(({ event }) => event['item'] as { type: string; output?: string; approve?: boolean })
    .flatMap(({ type, output = '', approve }) =>
      type === 'function_call_output' ? output : type === 'mcp_approval_response' ? (approve ? 'yes' : 'no') : [],
    );
const requests = (call: SandboxCall): number =>
  call.events.filter(({ direction, type }) => direction === 'in' && type === 'response.create').length;

/** A text-only call in which the model answers with these items. */
async function asked(
  widget: Widget,
  site: Site,
  items: ReplyItem[],
  options: { more?: string; attributes?: Record<string, string> } = {},
): Promise<SandboxCall> {
  site.sandbox.script({
    mcp: { shop: { tools: [{ name: 'send_mail' }] } },
    replies: [{ items }, { items: [{ text: 'Very well.' }] }, null],
  });
  await widget.open(site, { script: script(options.more), ...(options.attributes ? { attributes: options.attributes } : {}) });
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  await widget.say('Do it');
  return call;
}

const pay = (sum: number): ReplyItem => ({ call: 'pay', arguments: { sum, to: 'Ada' } });
const mail: ReplyItem = { mcpApproval: 'send_mail', server: 'shop', arguments: { to: 'ada@example.com' }, output: 'sent' };
const card = (widget: Widget) => widget.host.getByRole('group', { name: /^Let the agent use/ });
const goesOn = (widget: Widget) => expect(widget.transcript.getByText('Very well.')).toBeVisible({ timeout: 30_000 });

test('an allowed tool shows its arguments, runs, and the model continues', async ({ page, widget, site, fired }) => {
  const call = await asked(widget, site, [pay(5)]);
  await expect(card(widget)).toBeVisible({ timeout: 30_000 });
  await expect(card(widget).getByRole('heading')).toHaveText('Let the agent use \u2068pay\u2069?');
  await expect(card(widget).getByRole('term')).toHaveText(['sum', 'to']);
  await expect(card(widget).getByRole('definition')).toHaveText(['5', 'Ada']);
  await expect(widget.host.getByText('\u2068pay\u2069 needs your approval')).toBeVisible();
  expect(await widget.state(), 'the agent is idle while it waits').toBe('listening');
  expect(await ran(page)).toEqual([]);
  await widget.button('Allow').click();
  await expect(widget.host.getByText('Used \u2068pay\u2069')).toBeVisible();
  await goesOn(widget);
  expect(await ran(page)).toEqual([{ sum: 5, to: 'Ada' }]);
  expect(outputs(call)).toEqual(['paid 5']);
  await expect(card(widget)).toHaveCount(0);
  expect(await fired.of('voice-agent-approval-request')).toMatchObject([{ approval: { kind: 'function', name: 'pay' } }]);
  expect((await fired.of('voice-agent-tool-start')).map(({ call: { name } }) => name)).toEqual(['pay']);
  expect((await fired.of('voice-agent-tool-end')).map(({ call: { status }, output }) => [status, output])).toEqual([['done', 'paid 5']]);
});

test('a denied tool does not run, and the model is notified', async ({ page, widget, site, fired }) => {
  const call = await asked(widget, site, [pay(5)]);
  await widget.button('Deny').click();
  await goesOn(widget);
  await expect(widget.host.getByText('\u2068pay\u2069 was denied')).toBeVisible();
  expect(await ran(page)).toEqual([]);
  expect(outputs(call).map((output) => JSON.parse(output) as unknown)).toEqual([
    { error: 'The visitor denied this. The tool did not run.' },
  ]);
  expect(await fired.of('voice-agent-tool-start')).toEqual([]);
  expect((await fired.of('voice-agent-tool-end')).map(({ call: { status } }) => status)).toEqual(['denied']);
});

test('an unanswered request is denied after the time limit', async ({ page, widget, site }) => {
  const limit = `agent.addEventListener('voice-agent-before-connect', ({ detail }) => { detail.config = { ...detail.config, approvalTimeout: 1500 }; });`;
  const call = await asked(widget, site, [pay(5)], { more: limit });
  await expect(card(widget)).toBeVisible({ timeout: 30_000 });
  await expect(card(widget).getByText(/Denied automatically in [12] s/)).toBeVisible();
  await goesOn(widget);
  await expect(card(widget)).toHaveCount(0);
  expect(await ran(page)).toEqual([]);
  expect(outputs(call)).toEqual([expect.stringContaining('did not decide in time')]);
});

test('a decision made in the event handler shows no question in the panel', async ({ page, widget, site }) => {
  const decide = `agent.addEventListener('voice-agent-approval-request', ({ detail }) => JSON.parse(detail.approval.arguments).sum < 10 ? detail.approve() : detail.reject());
    window.cards = 0;
    new MutationObserver(() => { if (agent.shadowRoot.querySelector('voice-agent-approval')) window.cards++; }).observe(agent.shadowRoot, { childList: true, subtree: true });`;
  // The shadow root exists once the script has defined the element.
  const call = await asked(widget, site, [pay(5), pay(50)], {
    more: `customElements.whenDefined('voice-agent').then(() => agent.updateComplete).then(() => { ${decide} });`,
  });
  await goesOn(widget);
  expect(await ran(page)).toEqual([{ sum: 5, to: 'Ada' }]);
  expect(outputs(call)).toEqual(['paid 5', expect.stringContaining('visitor denied')]);
  expect(await page.evaluate(() => window.cards)).toBe(0);
});

test('preventDefault() keeps the panel from asking', async ({ page, widget, site }) => {
  const own = `agent.addEventListener('voice-agent-approval-request', (event) => { event.preventDefault(); window.later = event.detail; });`;
  const call = await asked(widget, site, [pay(5)], { more: own });
  await page.waitForFunction(() => window.later !== undefined);
  await expect(widget.host.getByText('\u2068pay\u2069 needs your approval')).toBeVisible();
  await expect(card(widget)).toHaveCount(0);
  await page.evaluate(() => window.later?.approve());
  await goesOn(widget);
  expect(outputs(call)).toEqual(['paid 5']);
});

test('several requests are asked in turn, and results keep the order of the calls before one answer', async ({ page, widget, site }) => {
  const call = await asked(widget, site, [pay(1), { call: 'look' }, pay(2), pay(3)]);
  await expect(card(widget).getByText('2 more requests pending.')).toBeVisible({ timeout: 30_000 });
  // The questions belong to a response, so its request has arrived.
  const before = requests(call);
  await widget.button('Allow').click();
  await expect(card(widget).getByRole('definition').first()).toHaveText('2');
  await expect(card(widget).getByText('1 more request pending.')).toBeVisible();
  await widget.button('Deny').click();
  await expect(card(widget).getByRole('definition').first()).toHaveText('3');
  expect(requests(call)).toBe(before);
  await widget.button('Allow').click();
  await goesOn(widget);
  expect(await ran(page)).toEqual([
    { sum: 1, to: 'Ada' },
    { sum: 3, to: 'Ada' },
  ]);
  expect(outputs(call)).toEqual(['paid 1', 'seen', expect.stringContaining('visitor denied'), 'paid 3']);
  expect(requests(call)).toBe(before + 1);
});

test('ending the call withdraws an open question without running the tool, and the next call starts clean', async ({
  page,
  widget,
  site,
}) => {
  const call = await asked(widget, site, [pay(5)]);
  await expect(card(widget)).toBeVisible({ timeout: 30_000 });
  await widget.button('End call').click();
  await widget.reaches('disconnected');
  await expect(card(widget)).toHaveCount(0);
  await expect(widget.host.getByText('\u2068pay\u2069 was denied')).toBeVisible();
  await call.ended;
  expect(outputs(call)).toEqual([]);
  expect(await ran(page)).toEqual([]);
  await widget.button('Call again').click();
  await widget.reaches('connected');
  await expect(card(widget)).toHaveCount(0);
});

test('approval works by keyboard, is announced once, and never steals the focus', async ({ page, widget, site }) => {
  const call = await asked(widget, site, [pay(1), pay(2)]);
  await page.keyboard.type('half a');
  const live = widget.host.locator('voice-agent-approval [aria-live="assertive"]');
  await expect(live).toHaveText('The agent wants to use \u2068pay\u2069. Choose Allow or Deny, just before the call controls.', {
    timeout: 30_000,
  });
  await expect(widget.field).toBeFocused();
  await expect(widget.field).toHaveValue('half a');
  const until = async (name: string): Promise<void> => {
    for (let press = 0; press < 8 && !(await widget.button(name).evaluate((button) => button.matches(':focus'))); press++)
      await page.keyboard.press('Shift+Tab');
    await expect(widget.button(name)).toBeFocused();
  };
  await until('Deny');
  await page.keyboard.press('Escape');
  await expect(card(widget), 'the inline panel stays open, and Esc does not answer').toBeVisible();
  await page.keyboard.press('Enter');
  await expect(card(widget).getByRole('definition').first()).toHaveText('2');
  await expect(card(widget).getByRole('heading'), 'the next question gets the focus before its buttons').toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(widget.button('Allow')).toBeFocused();
  await expect(widget.button('Allow')).toBeEnabled();
  await page.keyboard.press('Space');
  await goesOn(widget);
  await expect(card(widget)).toHaveCount(0);
  expect(await widget.host.evaluate(() => document.activeElement?.localName)).toBe('voice-agent');
  expect(outputs(call)).toEqual([expect.stringContaining('visitor denied'), 'paid 2']);
});

test('a minimised panel opens for a question without taking the focus', async ({ page, widget, site }) => {
  const call = await asked(widget, site, [{ text: 'One moment.' }], { attributes: { placement: 'bottom-end' } });
  await expect(widget.transcript.getByText('One moment.')).toBeVisible({ timeout: 30_000 });
  await page.keyboard.press('Escape');
  await expect(widget.host).toHaveJSProperty('open', false);
  await expect.poll(() => page.evaluate(() => document.activeElement?.localName)).toBe('voice-agent');
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  call.replyNext({ items: [pay(5)] });
  await widget.host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => agent.send('Now pay'));
  await expect(card(widget)).toBeVisible({ timeout: 30_000 });
  expect(await page.evaluate(() => document.activeElement?.localName)).toBe('body');
  await page.keyboard.press('Escape');
  await expect(card(widget), 'the key press was outside the panel').toBeVisible();
  await widget.button('Deny').click();
  await goesOn(widget);
});

test.describe('hosted MCP tools', () => {
  test('an allowed tool runs on the server, its state is shown, and the model continues', async ({ widget, site, fired }) => {
    const call = await asked(widget, site, [mail]);
    await expect(card(widget).getByText(/^Provided by \u2068shop\u2069\./)).toBeVisible({ timeout: 30_000 });
    await expect(widget.host.getByText('\u2068send_mail\u2069 (\u2068shop\u2069) needs your approval')).toBeVisible();
    await widget.button('Allow').click();
    await expect(widget.host.getByText('Used \u2068send_mail\u2069 (\u2068shop\u2069)')).toBeVisible();
    await goesOn(widget);
    expect(outputs(call)).toEqual(['yes']);
    expect(call.items.filter(({ type }) => type === 'mcp_call')).toMatchObject([{ output: 'sent', name: 'send_mail' }]);
    expect(await fired.of('voice-agent-approval-request')).toMatchObject([
      { approval: { kind: 'mcp', name: 'send_mail', server: 'shop' } },
    ]);
  });

  test('the page can deny a tool through the element', async ({ page, widget, site }) => {
    const call = await asked(widget, site, [mail], {
      more: `agent.addEventListener('voice-agent-approval-request', (event) => { event.preventDefault(); window.later = event.detail; });`,
    });
    await page.waitForFunction(() => window.later !== undefined);
    await widget.host.evaluate(
      (agent: HTMLElementTagNameMap['voice-agent']) => window.later && agent.sendMcpResponse(window.later.approval, false),
    );
    await goesOn(widget);
    await expect(widget.host.getByText('\u2068send_mail\u2069 (\u2068shop\u2069) was denied')).toBeVisible();
    expect(outputs(call)).toEqual(['no']);
    expect(call.items.filter(({ type }) => type === 'mcp_call')).toEqual([]);
  });

  test('an unanswered request is denied after the time limit', async ({ widget, site }) => {
    const limit = `agent.addEventListener('voice-agent-before-connect', ({ detail }) => { detail.config = { ...detail.config, approvalTimeout: 1000 }; });`;
    const call = await asked(widget, site, [mail], { more: limit });
    await expect(card(widget)).toBeVisible({ timeout: 30_000 });
    await goesOn(widget);
    expect(outputs(call)).toEqual(['no']);
  });

  test('a tool that fails after approval and a tool that needs no approval show their states', async ({ widget, site }) => {
    const call = await asked(widget, site, [
      { ...mail, error: 'The mailbox is full.' },
      { mcpCall: 'find', server: 'shop', output: 'found' },
    ]);
    await widget.button('Allow').click();
    await expect(widget.host.getByText('\u2068send_mail\u2069 (\u2068shop\u2069) failed')).toBeVisible();
    await expect(widget.host.getByText('Used \u2068find\u2069 (\u2068shop\u2069)')).toBeVisible();
    await goesOn(widget);
    expect(outputs(call)).toEqual(['yes']);
  });

  test('a server that fails to list its tools is reported, and the call continues', async ({ widget, site, fired }) => {
    site.sandbox.script({ mcp: { shop: { fail: true } }, replies: [{ items: [{ text: 'Very well.' }] }] });
    await widget.open(site, { script: script() });
    await widget.button('Type instead').click();
    await widget.reaches('connected');
    await expect(widget.host.getByText('Tools from \u2068shop\u2069 are unavailable')).toBeVisible();
    expect(await fired.of('voice-agent-error')).toMatchObject([
      { error: { code: 'server_error', message: 'The MCP server "shop" did not list its tools.' } },
    ]);
    await widget.say('And now?');
    await goesOn(widget);
  });
});

declare global {
  interface Window {
    cards: number;
    later?: { approval: { id: string }; approve(): void; reject(): void };
  }
}
