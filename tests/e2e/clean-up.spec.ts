/**
 * Every way to end a call: within a second everything is released in the page and at the server, and a failure is reported once.
 * `fixtures.ts` checks every test for unhandled rejections.
 */
import type { ErrorCode } from '../../src/contract/errors.js';
import { NOTHING } from '../support/resource-probe.js';
import { chromiumLaunch } from '../support/chromium.js';
import type { Site } from '../support/site.js';
import { silentRoom } from '../support/spoken.js';
import { SERVER_HANGS_UP, SESSION_EXPIRES, expectEnds } from './call-ends.js';
import type { End } from './call-ends.js';
import { expect, test } from './fixtures.js';
import type { Widget } from './fixtures.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true, permission: 'ask' }) });

type Agent = HTMLElementTagNameMap['voice-agent'];

const ENDS: readonly End[] = [
  { how: 'the visitor hangs up', state: 'disconnected', errors: [], end: (widget) => widget.button('End call').click() },
  { how: 'the page closes it', state: 'disconnected', errors: [], end: (widget) => widget.host.evaluate((agent: Agent) => agent.close()) },
  SERVER_HANGS_UP,
  { how: 'the channel closes', state: 'failed', errors: ['connection_lost'], end: (_, call) => call.closeChannel() },
  SESSION_EXPIRES,
];

async function ended(site: Site): Promise<void> {
  await expect
    .poll(() => site.sandbox.calls.map(({ state, pendingTimers }) => [state, pendingTimers]), { timeout: 15_000 })
    .toEqual(site.sandbox.calls.map(() => ['ended', 0]));
}

test('every end of an active call releases everything', async ({ context, page, widget, site, resources, fired }) => {
  await context.grantPermissions(['microphone']);
  await widget.open(site);
  await widget.button('Start talking').click();
  await expectEnds(ENDS, { widget, site, resources, fired }, { tracks: 1, connections: 1, contexts: 1, players: 1 }, () => ended(site));

  await test.step('the element is removed', async () => {
    await widget.reaches('connected');
    await page.evaluate(() => document.querySelector('voice-agent')?.remove());
    expect(await resources.settled()).toEqual(NOTHING);
    await ended(site);
  });
  expect(site.sandbox.calls).toHaveLength(ENDS.length + 1);
  expect(site.sandbox.keys).toHaveLength(ENDS.length + 1);
});

/** A failure that prevents the call. */
interface Failure {
  readonly how: string;
  readonly code: ErrorCode;
  readonly words: string;
  arrange(site: Site, widget: Widget): unknown;
  readonly denied?: true;
}

const FAILURES: readonly Failure[] = [
  {
    how: 'the key endpoint returns 401',
    code: 'token_unauthorized',
    words: 'You’re not signed in',
    arrange: (_, { page }) => page.route('**/voice/token', (route) => route.fulfill({ status: 401 }), { times: 1 }),
  },
  { how: 'the microphone is denied', code: 'mic_denied', words: 'The microphone is blocked', arrange: () => undefined, denied: true },
  {
    how: 'the offer is refused',
    code: 'sdp_rejected',
    words: 'The call was refused',
    arrange: ({ sandbox }) => sandbox.fault({ at: 'calls', fault: 'status', status: 400, times: 1 }),
  },
  {
    how: 'the answer is not valid SDP',
    code: 'sdp_invalid',
    words: 'The call could not start',
    arrange: ({ sandbox }) => sandbox.fault({ at: 'calls', fault: 'garbage', times: 1 }),
  },
  {
    how: 'the settings are refused',
    code: 'session_rejected',
    words: 'Calls are not set up correctly',
    arrange: ({ sandbox }) => sandbox.fault({ at: 'client-event', type: 'session.update', fault: 'reject', times: 1 }),
  },
];

test('every failed attempt releases everything and reports one error', async ({ context, widget, site, resources, fired }) => {
  await widget.open(site);
  await widget.host.evaluate((agent: Agent) => {
    agent.open = true;
  });
  // Until the panel is there, the card behind it has such a button, too.
  const start = widget.host.locator('voice-agent-panel').getByRole('button', { name: /Start talking|Try again/ });
  for (const [index, { how, code, words, arrange, denied }] of FAILURES.entries()) {
    await test.step(how, async () => {
      if (denied) await context.clearPermissions();
      else await context.grantPermissions(['microphone']);
      await arrange(site, widget);
      await start.click();
      await expect(widget.alert).toContainText(words);
      await widget.reaches('failed');
      expect(await resources.settled()).toEqual(NOTHING);
      await ended(site);
      const codes = (await fired.of('voice-agent-error')).map(({ error }) => error.code);
      expect(codes).toHaveLength(index + 1);
      expect(codes.at(-1)).toBe(code);
      await expect(start, 'the visitor can try again').toBeEnabled();
    });
  }
  await context.grantPermissions(['microphone']);
  await start.click();
  await widget.reaches('connected');
  await expect(widget.alert).toBeEmpty();
});
