/** Failures of brokered calls: typed refusals, unknown visitors, and a server that becomes unreachable. */
import { enPanel } from '../../src/i18n/en-panel.js';
import { SocketRefused } from '../../src/server/contract/call-host.js';
import { createVoiceServer } from '../../src/server/index.js';
import type { VoiceServer } from '../../src/server/index.js';
import { openNodeSocket } from '../../src/server/runtime/node/node-socket.js';
import { serve } from '../../src/server/runtime/node/serve.js';
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { brokeredPage, countRequests, expect, expectFailure, expectReleased, expectRetryWorks, test, Widget } from './brokered-fixtures.js';

type Agent = HTMLElementTagNameMap['voice-agent'];

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

const BY_TEXT = { name: 'Type instead' } as const;

test('a spent budget shows a countdown and blocks requests until it ends', async ({ page, widget, site, cleanup, context }) => {
  const count = countRequests(site);
  const first = new Widget(await context.newPage());
  await first.open(site, brokeredPage('/spent/voice/call'));
  await first.button(BY_TEXT.name).click();
  await first.reaches('connected');
  await first.button('End call').click();
  await first.reaches('disconnected');

  await page.bringToFront();
  await widget.open(site, brokeredPage('/spent/voice/call'));
  await widget.button('Start talking').click();
  await expectFailure(widget, cleanup, 'rate_limited', { countdown: true });
  const retry = widget.button(/^Try again/);
  // Until midnight UTC, limited to the longest wait that a server may request.
  await expect(retry).toHaveText(/in (\d+ s|\d+:\d\d|1:00:00)/);
  await expect(retry).toHaveAttribute('aria-disabled', 'true');
  const before = count('/spent/voice/call');
  await retry.click({ force: true });
  expect(
    await widget.host.evaluate((agent: Agent) =>
      agent.connect().then(
        () => '',
        (error: { code: string }) => error.code,
      ),
    ),
  ).toBe('rate_limited');
  expect(count('/spent/voice/call')).toBe(before);
});

test('when the concurrency limit is reached, the next visitor connects after the first hangs up', async ({
  page,
  widget,
  site,
  cleanup,
  context,
}) => {
  const first = new Widget(await context.newPage());
  await first.open(site, brokeredPage('/single/voice/call'));
  await first.button(BY_TEXT.name).click();
  await first.reaches('connected');
  await page.bringToFront();
  await widget.open(site, brokeredPage('/single/voice/call'));
  await widget.button(BY_TEXT.name).click();
  await expectFailure(widget, cleanup, 'rate_limited', { countdown: true });
  await first.host.evaluate((agent: Agent) => agent.close());
  const second = new Widget(await context.newPage());
  await second.open(site, brokeredPage('/single/voice/call'));
  await expect(async () => {
    await second
      .button(/Type instead|Try again/)
      .first()
      .click();
    await second.reaches('connected', 3_000);
  }).toPass({ timeout: 30_000 });
});

test('a paused server: the visitor reads that calls are paused', async ({ widget, site, cleanup }) => {
  await widget.open(site, brokeredPage('/paused/voice/call'));
  await widget.button('Start talking').click();
  await expectFailure(widget, cleanup, 'paused', { countdown: true });
  await expect(widget.host.getByText('This site takes no calls at the moment. Try again later.')).toBeVisible();
});

test('visitorToken: a missing or wrong token is refused, and a function is called for each call', async ({
  page,
  widget,
  site,
  cleanup,
  canaries,
}) => {
  canaries.add('visitor-canary-1');
  const proofs: (string | undefined)[] = [];
  page.on('request', (request) => {
    if (request.url().includes('/known/')) proofs.push(`${request.method()} ${request.headers()['authorization'] ?? '-'}`);
  });
  await widget.open(site, brokeredPage('/known/voice/call'));
  await widget.button('Start talking').click();
  await expectFailure(widget, cleanup, 'token_unauthorized');
  await widget.host.evaluate((agent: Agent) => (agent.visitorToken = 'unknown'));
  await widget.button('Try again').click();
  await expectFailure(widget, cleanup, 'visitor_denied', { before: 1 });
  await widget.host.evaluate((agent: Agent) => {
    let asked = 0;
    agent.visitorToken = async ({ signal }) => (await Promise.resolve(), signal.aborted ? '' : `visitor-canary-${String(++asked)}`);
  });
  await expectRetryWorks(widget);
  await widget.button('End call').click();
  await widget.reaches('disconnected');
  await expectReleased(cleanup);
  await expect
    .poll(() => proofs)
    .toEqual([
      'POST -',
      'POST Bearer unknown',
      'POST Bearer visitor-canary-1',
      'GET Bearer visitor-canary-1',
      'DELETE Bearer visitor-canary-1',
    ]);
  // The second call sends its own token, which is wrong here.
  await widget.button('Call again').click();
  await widget.reaches('failed');
  expect(proofs.at(-1)).toBe('POST Bearer visitor-canary-2');
});

test('the visitor token is also sent with the request for a key', async ({ widget, site, cleanup }) => {
  await widget.open(site, { attributes: { 'token-url': '/known/voice/token' } });
  await widget.button(BY_TEXT.name).click();
  await expectFailure(widget, cleanup, 'token_unauthorized');
  await widget.host.evaluate((agent: Agent) => (agent.visitorToken = 'visitor-canary-1'));
  await expectRetryWorks(widget);
});

test('an unknown profile and a URL that places no calls fail with session_rejected', async ({ widget, site, cleanup }) => {
  for (const callUrl of ['/voice/call?profile=unknown', '/voice/nothing', '/favicon.ico']) {
    await widget.open(site, brokeredPage(callUrl));
    await widget.button('Start talking').click();
    await widget.reaches('failed');
    const [error] = await cleanup.errors();
    expect([callUrl, error?.code]).toEqual([callUrl, 'session_rejected']);
    await expectReleased(cleanup);
  }
});

test('upstream failures have a typed error and never expose the upstream message', async ({ widget, site, cleanup }) => {
  const cases = [
    [{ fault: 'status', status: 400, body: { error: { message: 'upstream-words' } }, times: 1 }, 'sdp_rejected'],
    [{ fault: 'status', status: 503, body: { error: { message: 'upstream-words' } } }, 'unavailable'],
    [{ fault: 'status', status: 401, body: { error: { message: 'upstream-words' } } }, 'unavailable'],
  ] as const;
  for (const [index, [fault, code]] of cases.entries()) {
    site.sandbox.reset();
    site.sandbox.fault({ at: 'calls', ...fault });
    if (index === 0) await widget.open(site, brokeredPage());
    await widget.button(index === 0 ? 'Start talking' : /^Try again/).click();
    await expectFailure(widget, cleanup, code, { before: index, countdown: true });
    expect((await cleanup.readable()).document).not.toContain('upstream-words');
    expect((await cleanup.errors()).at(-1)?.message).not.toContain('upstream-words');
  }
  await expect(widget.alert).toContainText(enPanel.errors.unavailable.detail);
});

test('a cross-origin server works with preflight, visitor token and hangup', async ({ widget, site, cleanup }) => {
  const app = createVoiceServer({
    allowedOrigins: [site.url],
    upstream: { baseUrl: site.sandbox.url, apiKey: 'sk-sandbox-tests' },
    session: { model: 'gpt-realtime-2.1' },
  });
  const server = await serve(app);
  const policy = `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ${server.url}; media-src 'self'; require-trusted-types-for 'script'; trusted-types lit-html`;
  try {
    await widget.open(site, brokeredPage(`${server.url}/voice/call`, { headers: { 'Content-Security-Policy': policy } }));
    await widget.host.evaluate((agent: Agent) => (agent.visitorToken = 'with a preflight'.replaceAll(' ', '-')));
    await widget.button(BY_TEXT.name).click();
    await widget.reaches('connected');
    const call = await site.sandbox.nextCall();
    await widget.say('Across origins');
    await expect(widget.transcript.getByText('You wrote: Across origins')).toBeVisible();
    await widget.button('End call').click();
    await widget.reaches('disconnected');
    await call.ended;
    await expectReleased(cleanup);
    await expect.poll(() => site.sandbox.requests.filter(({ path }) => path.endsWith('/hangup')).length).toBe(1);
  } finally {
    await app.close();
    await server.close();
  }
});

test('a temporarily unreachable server keeps the call, and a restarted server ends it', async ({ widget, site, cleanup }) => {
  test.slow();
  const make = (): VoiceServer =>
    createVoiceServer({
      allowedOrigins: [site.url],
      upstream: { baseUrl: site.sandbox.url, apiKey: 'sk-sandbox-tests' },
      session: { model: 'gpt-realtime-2.1' },
    });
  let app = make();
  const streams: string[] = [];
  const listen = (port = 0) =>
    serve(
      {
        fetch(request, env) {
          if (request.url.endsWith('/notices')) streams.push(request.url);
          return app.fetch(request, env);
        },
      },
      { port, grace: 0 },
    );
  let server = await listen();
  const policy = `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ${server.url}; media-src 'self'; require-trusted-types-for 'script'; trusted-types lit-html`;
  try {
    await widget.open(site, brokeredPage(`${server.url}/voice/call`, { headers: { 'Content-Security-Policy': policy } }));
    await widget.button(BY_TEXT.name).click();
    await widget.reaches('connected');
    await expect.poll(() => streams.length).toBe(1);
    const { port } = server;
    await server.close();
    await widget.say('Is somebody there?');
    await expect(widget.transcript.getByText('You wrote: Is somebody there?')).toBeVisible();
    server = await listen(port);
    await expect.poll(() => streams.length, { timeout: 20_000 }).toBe(2);
    expect(await widget.state()).not.toBe('failed');

    // The new process has no record of the call.
    await server.close();
    await app.close();
    app = make();
    server = await listen(port);
    await widget.reaches('failed', 30_000);
    expect((await cleanup.errors()).map(({ code }) => code)).toEqual(['connection_lost']);
    await expectReleased(cleanup);
  } finally {
    await app.close();
    await server.close();
  }
});

test('a call that used a tool of the server is reconnected and continues', async ({ widget, site, cleanup }) => {
  test.slow();
  const ends: string[] = [];
  let broken = false;
  const app = createVoiceServer({
    allowedOrigins: [site.url],
    upstream: { baseUrl: site.sandbox.url, apiKey: 'sk-sandbox-tests' },
    profiles: {
      default: {
        session: { model: 'gpt-realtime-2.1' },
        tools: [{ name: 'find_order', description: 'Finds an order.', execute: () => ({ status: 'unpaid' }) }],
      },
    },
    openSocket: (setup) => (broken ? Promise.reject(new SocketRefused(500)) : openNodeSocket(setup)),
    observers: [
      (event) => {
        if (event.type === 'sideband' && event.state === 'given-up') broken = false;
        if (event.type === 'call-ended') ends.push(event.reason);
      },
    ],
  });
  const server = await serve(app);
  const policy = `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ${server.url}; media-src 'self'; require-trusted-types-for 'script'; trusted-types lit-html`;
  try {
    const attributes = { reconnect: true };
    await widget.open(site, brokeredPage(`${server.url}/voice/call`, { attributes, headers: { 'Content-Security-Policy': policy } }));
    await widget.button(BY_TEXT.name).click();
    await widget.reaches('connected');
    const first = await site.sandbox.nextCall();
    await widget.say('call find_order');
    await expect(widget.transcript.getByText(/find order answered: status unpaid/)).toBeVisible({ timeout: 20_000 });
    await widget.reaches('listening', 20_000);
    // The server can no longer monitor the call and hangs up after ten seconds.
    broken = true;
    first.closeSidebands();
    await widget.reaches('reconnecting');
    await widget.reaches('connected');
    const second = await site.sandbox.nextCall();
    await widget.say('And now?');
    await expect(widget.transcript.getByText('You wrote: And now?')).toBeVisible({ timeout: 20_000 });
    // The answer is restored; the call of the tool is not, because only the model may create it.
    expect(second.items.map(({ type }) => type)).not.toContain('function_call');
    expect(JSON.stringify(second.items)).toContain('status unpaid');
    expect(ends).toEqual(['unwatched']);
    expect(await cleanup.errors()).toEqual([]);
  } finally {
    await app.close();
    await server.close();
  }
});
