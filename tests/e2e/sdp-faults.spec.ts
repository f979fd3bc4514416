/** Faults between the key request and the configured session, cases 29–36. */
import type { Fault } from '../../src/sandbox/index.js';
import { expect, expectFailure, expectReleased, expectRetryWorks, offers, test } from './fault-fixtures.js';
import type { Site, Widget } from './fault-fixtures.js';

/** Opens a page with these faults and presses the button. */
async function press(widget: Widget, site: Site, ...faults: Fault[]): Promise<void> {
  for (const fault of faults) site.sandbox.fault(fault);
  await widget.open(site);
  await widget.button('Start talking').click();
}

const minted = (site: Site): number => site.sandbox.requests.filter(({ path }) => path.endsWith('/client_secrets')).length;

test('case 29: a refused offer is reported with the server’s redacted message, after one request', async ({
  widget,
  site,
  cleanup,
  canaries,
}) => {
  const key = 'ek_canaryInTheRefusal';
  canaries.add(key);
  const body = { error: { message: `The key ${key} opens no calls.`, type: 'invalid_request_error', code: null } };
  await press(widget, site, { at: 'calls', fault: 'status', status: 400, body, times: 1 });
  await expectFailure(widget, cleanup, 'sdp_rejected');
  expect((await cleanup.errors())[0]?.message).toBe('The voice server refused the call (400): The key … opens no calls.');
  expect([offers(site), minted(site)]).toEqual([1, 1]);
  await expectRetryWorks(widget);
});

test('case 29: a refused key that is too new to have expired is not replaced', async ({ widget, site, cleanup }) => {
  await press(widget, site, { at: 'calls', fault: 'status', status: 401, times: 1 });
  await expectFailure(widget, cleanup, 'sdp_rejected');
  expect([offers(site), minted(site)]).toEqual([1, 1]);
});

test('case 29: a rate-limited call is reported with a time to wait', async ({ widget, site, cleanup }) => {
  await press(widget, site, { at: 'calls', fault: 'status', status: 429, times: 1 });
  await expectFailure(widget, cleanup, 'rate_limited', { countdown: true });
  await expect(widget.button(/^Try again/)).toHaveAttribute('aria-disabled', 'true');
  expect(offers(site)).toBe(1);
});

test('case 30: 5xx is tried three times, then reported', async ({ widget, site, cleanup }) => {
  await press(widget, site, { at: 'calls', fault: 'status', status: 500, times: 5 });
  await expectFailure(widget, cleanup, 'network');
  expect(offers(site)).toBe(3);
  await expectRetryWorks(widget);
  expect(offers(site)).toBe(6);
  expect(await cleanup.errors()).toHaveLength(1);
});

test('case 31: an invalid SDP answer is reported', async ({ widget, site, cleanup }) => {
  await press(
    widget,
    site,
    { at: 'calls', fault: 'garbage', times: 1 },
    { at: 'calls', fault: 'html', skip: 1, times: 1 },
    { at: 'calls', fault: 'oversize', skip: 2, times: 1 },
    { at: 'calls', fault: 'garbage', body: 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=nonsense\r\n', skip: 3, times: 1 },
  );
  for (const before of [0, 1, 2, 3]) {
    await expect.poll(async () => (await cleanup.errors()).length).toBe(before + 1);
    await expectFailure(widget, cleanup, 'sdp_invalid', { before });
    if (before < 3) await widget.button('Try again').click();
  }
  await expectRetryWorks(widget);
});

test('case 32: an offer without an answer times out after 10 s', async ({ widget, site, cleanup }) => {
  await press(widget, site, { at: 'calls', fault: 'hang', times: 1 });
  await expect.poll(() => offers(site)).toBe(1);
  const sent = site.sandbox.requests.find(({ path }) => path.startsWith('/v1/realtime/calls'));
  await expectFailure(widget, cleanup, 'timeout');
  const after = Date.now() - (sent?.at ?? 0);
  expect(after).toBeGreaterThan(9_500);
  expect(after).toBeLessThan(14_000);
  await expectRetryWorks(widget);
});

test('case 33: a call works without a Location header', async ({ widget, site, cleanup }) => {
  await press(widget, site, { at: 'calls', fault: 'no-location' });
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  expect(await widget.host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => agent.session?.callId)).toBe(undefined);
  await widget.button('End call').click();
  await widget.reaches('disconnected');
  expect(await call.ended).toBe('client-closed');
  await expectReleased(cleanup);
  expect(await cleanup.errors()).toEqual([]);
});

test('case 34: failed ICE is reported after 15 s with a hint about firewalls, and the call is hung up', async ({
  widget,
  site,
  cleanup,
}) => {
  await press(widget, site, { at: 'media', fault: 'ice-never', times: 1 });
  const call = await site.sandbox.nextCall({ timeoutMs: 15_000 });
  await widget.reaches('failed');
  const after = Date.now() - call.startedAt;
  expect(after).toBeGreaterThan(13_000);
  expect(after).toBeLessThan(19_000);
  await expectFailure(widget, cleanup, 'ice_failed');
  await expect(widget.alert).toContainText(/firewall/i);
  expect(await call.ended).toBe('hangup');
  await expectRetryWorks(widget);
});

test('case 35: a data channel that never opens times out after 10 s, and the call is hung up', async ({ widget, site, cleanup }) => {
  await press(widget, site, { at: 'media', fault: 'channel-never', times: 1 });
  const call = await site.sandbox.nextCall({ timeoutMs: 15_000 });
  await widget.reaches('failed');
  const after = Date.now() - call.startedAt;
  await expectFailure(widget, cleanup, 'channel_timeout');
  expect(after).toBeGreaterThan(9_500);
  expect(after).toBeLessThan(14_000);
  expect(await call.ended).toBe('hangup');
  await expectRetryWorks(widget);
});

test('case 36: an unconfirmed session times out after 5 s', async ({ widget, site, cleanup }) => {
  await press(widget, site, { at: 'event', type: ['session.created', 'session.updated'], fault: 'drop', times: 2 });
  const call = await site.sandbox.nextCall({ timeoutMs: 15_000 });
  const asked = await call.waitForClientEvent('session.update', { timeoutMs: 15_000 });
  await widget.reaches('failed');
  const after = Date.now() - asked.at;
  await expectFailure(widget, cleanup, 'channel_timeout');
  expect(after).toBeGreaterThan(4_500);
  expect(after).toBeLessThan(8_000);
  expect(await call.ended).toBe('client-closed');
  await expectRetryWorks(widget);
});

test('case 36: rejected settings are reported immediately and fail the call', async ({ widget, site, cleanup }) => {
  const error = { message: 'Invalid value: instructions.', type: 'invalid_request_error', code: 'invalid_value', param: 'session' };
  await press(widget, site, { at: 'client-event', type: 'session.update', fault: 'reject', error, times: 1 });
  await expectFailure(widget, cleanup, 'session_rejected');
  expect((await cleanup.errors())[0]).toMatchObject({ message: error.message, recoverable: false });
  const call = await site.sandbox.nextCall();
  expect(await call.ended).toBe('client-closed');
});

test('case 36: session.updated without session.created is enough', async ({ widget, site, cleanup }) => {
  await press(widget, site, { at: 'event', type: 'session.created', fault: 'drop' });
  await widget.reaches('connected');
  expect(await cleanup.errors()).toEqual([]);
});
