/**
 * Failures over WebSocket: the same states and errors as over WebRTC, the panel shows the remedy, everything is
 * released, and the next press works.
 */
import { NOTHING } from '../support/resource-probe.js';
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { SERVER_HANGS_UP, SESSION_EXPIRES, expectEnds } from './call-ends.js';
import { expect, test } from './fixtures.js';
import type { Script } from '../../src/sandbox/index.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

type Agent = HTMLElementTagNameMap['voice-agent'];
const attributes = { transport: 'websocket' };
const KEY = /ek_[A-Za-z0-9]{8,}/;

const REFUSALS: readonly { what: string; script: Script; code: string; attributes?: Record<string, string> }[] = [
  { what: 'the handshake is refused', script: { faults: [{ at: 'websocket', fault: 'status', status: 503 }] }, code: 'network' },
  { what: 'the server hangs up in the handshake', script: { faults: [{ at: 'websocket', fault: 'disconnect' }] }, code: 'network' },
  {
    what: 'the settings are rejected',
    script: { faults: [{ at: 'client-event', type: 'session.update', fault: 'reject' }] },
    code: 'session_rejected',
  },
  {
    what: 'the settings are never confirmed',
    script: { faults: [{ at: 'event', type: 'session.updated', fault: 'drop' }] },
    code: 'channel_timeout',
  },
  {
    what: 'the session ends before it is configured',
    script: {
      faults: [
        { at: 'event', type: 'session.updated', fault: 'drop' },
        { at: 'call', fault: 'close-channel' },
      ],
    },
    code: 'connection_lost',
  },
];

for (const { what, script, code } of REFUSALS) {
  test(`${what}: the call fails with ${code} and can be retried`, async ({ widget, site, resources, fired }) => {
    site.sandbox.script(script);
    await widget.open(site, { attributes });
    await widget.button('Start talking').click();
    await widget.reaches('failed');
    await expect(widget.alert).toBeVisible();
    const errors = (await fired.of('voice-agent-error')).map(({ error }) => error);
    expect(errors.map((error) => error.code)).toEqual([code]);
    expect(JSON.stringify(errors)).not.toMatch(KEY);
    expect(await resources.settled()).toEqual(NOTHING);

    site.sandbox.script({});
    await widget.button('Try again').click();
    await widget.reaches('connected');
  });
}

test('an unknown key fails with the server’s message, without the key', async ({ widget, site, resources, fired, complaints }) => {
  await widget.open(site, { attributes });
  await widget.host.evaluate((agent: Agent) => (agent.token = 'ek_unknown0123456789'));
  await widget.button('Start talking').click();
  await widget.reaches('failed');
  const [{ error } = { error: { code: '', message: '' } }] = await fired.of('voice-agent-error');
  expect(error.code).toBe('sdp_rejected');
  expect(error.message).toContain('Incorrect API key');
  expect(error.message).not.toContain('unknown0123456789');
  expect(await resources.settled()).toEqual(NOTHING);
  expect(complaints).toEqual([]);
});

test('every end of an active call releases everything, and the next press calls again', async ({
  widget,
  site,
  resources,
  fired,
  page,
}) => {
  await widget.open(site, { attributes });
  await widget.button('Start talking').click();
  await expectEnds(
    [SERVER_HANGS_UP, SESSION_EXPIRES],
    { widget, site, resources, fired },
    { tracks: 1, connections: 0, sockets: 1, players: 1 },
  );
  await test.step('the visitor hangs up', async () => {
    await widget.reaches('connected');
    await widget.button('End call').click();
    await widget.reaches('disconnected');
    expect(await resources.settled()).toEqual(NOTHING);
  });
  await test.step('the element is removed', async () => {
    await widget.button('Call again').click();
    await widget.reaches('connected');
    await page.evaluate(() => document.querySelector('voice-agent')?.remove());
    expect(await resources.settled()).toEqual(NOTHING);
  });
  await expect.poll(() => site.sandbox.calls.map(({ state }) => state)).toEqual(site.sandbox.calls.map(() => 'ended'));
});

test('closing while the socket opens aborts the call and releases everything', async ({ widget, site, resources }) => {
  site.sandbox.script({ faults: [{ at: 'websocket', fault: 'hang' }] });
  await widget.open(site, { attributes });
  const reached = expect
    .poll(() => site.sandbox.requests.some(({ method, path }) => method === 'GET' && /^\/v1\/realtime(\?|$)/.test(path)))
    .toBe(true);
  const code = widget.host.evaluate((agent: Agent) =>
    agent.connect().then(
      () => 'connected',
      (error: { code: string }) => error.code,
    ),
  );
  await reached;
  await widget.host.evaluate((agent: Agent) => agent.close());
  expect(await code).toBe('aborted');
  expect(await resources.settled()).toEqual(NOTHING);
});

for (const [carrier, keys] of [
  ['query', 'query'],
  ['none', 'none'],
] as const) {
  test(`a server that selects no subprotocol works with key carrier ${carrier}`, async ({ widget, site }) => {
    site.sandbox.play('ga', { selects: false, keys: [keys] });
    await widget.open(site, { attributes: { ...attributes, 'key-carrier': carrier, model: 'gpt-realtime-2.1' } });
    await widget.button('Start talking').click();
    await widget.reaches('connected');
    const request = site.sandbox.requests.findLast(({ path }) => path.startsWith('/v1/realtime?'));
    expect(request?.headers).not.toHaveProperty('sec-websocket-protocol');
    expect(/[?&]api_key=/.test(request?.path ?? '')).toBe(carrier === 'query');
    // If the server needs no key, none is fetched.
    expect(site.sandbox.keys).toHaveLength(carrier === 'query' ? 1 : 0);
  });
}
