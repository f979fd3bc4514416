/** What goes wrong around brokered calls: refusals in the server's own words, visitors it does not know, a server that goes away. */
import { enPanel } from '../../src/i18n/en-panel.js';
import { createVoiceServer } from '../../src/server/index.js';
import type { VoiceServer } from '../../src/server/index.js';
import { serve } from '../../src/server/runtime/node.js';
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { brokeredPage, countRequests, expect, expectFailure, expectReleased, expectRetryWorks, test, Widget } from './brokered-fixtures.js';

type Agent = HTMLElementTagNameMap['voice-agent'];

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

const BY_TEXT = { name: 'Type instead' } as const;

test('a spent budget: told with a countdown, and nothing is asked before its end', async ({ page, widget, site, aftermath, context }) => {
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
  await expectFailure(widget, aftermath, 'rate_limited', { countdown: true });
  const retry = widget.button(/^Try again/);
  // Until midnight UTC, or as long as a server may ask a visitor to wait.
  await expect(retry).toHaveText(/in (\d+ s|\d+:\d\d|1:00:00)/);
  await expect(retry).toHaveAttribute('aria-disabled', 'true');
  const before = count('/spent/voice/call');
  await retry.click({ force: true });
  expect(await widget.host.evaluate((agent: Agent) => agent.connect().then(() => '', (error: { code: string }) => error.code))).toBe('rate_limited');
  expect(count('/spent/voice/call')).toBe(before);
});

test('all lines busy: the next visitor gets through when the first hangs up', async ({ page, widget, site, aftermath, context }) => {
  const first = new Widget(await context.newPage());
  await first.open(site, brokeredPage('/single/voice/call'));
  await first.button(BY_TEXT.name).click();
  await first.reaches('connected');
  await page.bringToFront();
  await widget.open(site, brokeredPage('/single/voice/call'));
  await widget.button(BY_TEXT.name).click();
  await expectFailure(widget, aftermath, 'rate_limited', { countdown: true });
  await first.host.evaluate((agent: Agent) => agent.close());
  const second = new Widget(await context.newPage());
  await second.open(site, brokeredPage('/single/voice/call'));
  await expect(async () => {
    await second.button(/Type instead|Try again/).first().click();
    await second.reaches('connected', 3_000);
  }).toPass({ timeout: 30_000 });
});

test('who the visitor is: none, a wrong one, the right one by a function that is asked for each call', async ({ page, widget, site, aftermath, canaries }) => {
  canaries.add('visitor-canary-1');
  const proofs: (string | undefined)[] = [];
  page.on('request', (request) => {
    if (request.url().includes('/known/')) proofs.push(`${request.method()} ${request.headers()['authorization'] ?? '-'}`);
  });
  await widget.open(site, brokeredPage('/known/voice/call'));
  await widget.button('Start talking').click();
  await expectFailure(widget, aftermath, 'token_unauthorized');
  await widget.host.evaluate((agent: Agent) => (agent.visitorToken = 'nobody'));
  await widget.button('Try again').click();
  await expectFailure(widget, aftermath, 'visitor_denied', { before: 1 });
  await widget.host.evaluate((agent: Agent) => {
    let asked = 0;
    agent.visitorToken = async ({ signal }) => (await Promise.resolve(), signal.aborted ? '' : `visitor-canary-${String(++asked)}`);
  });
  await expectRetryWorks(widget);
  await widget.button('End call').click();
  await widget.reaches('disconnected');
  await expectReleased(aftermath);
  await expect.poll(() => proofs).toEqual([
    'POST -',
    'POST Bearer nobody',
    'POST Bearer visitor-canary-1',
    'GET Bearer visitor-canary-1',
    'DELETE Bearer visitor-canary-1',
  ]);
  // The second call has a proof of its own, which is a wrong one here.
  await widget.button('Call again').click();
  await widget.reaches('failed');
  expect(proofs.at(-1)).toBe('POST Bearer visitor-canary-2');
});

test('the proof goes with the request for a key, too', async ({ widget, site, aftermath }) => {
  await widget.open(site, { attributes: { 'token-url': '/known/voice/token' } });
  await widget.button(BY_TEXT.name).click();
  await expectFailure(widget, aftermath, 'token_unauthorized');
  await widget.host.evaluate((agent: Agent) => (agent.visitorToken = 'visitor-canary-1'));
  await expectRetryWorks(widget);
});

test('an agent that is not there, and an address that places no calls', async ({ widget, site, aftermath }) => {
  for (const callUrl of ['/voice/call?profile=nobody', '/voice/nothing', '/favicon.ico']) {
    await widget.open(site, brokeredPage(callUrl));
    await widget.button('Start talking').click();
    await widget.reaches('failed');
    const [error] = await aftermath.errors();
    expect([callUrl, error?.code]).toEqual([callUrl, 'session_rejected']);
    await expectReleased(aftermath);
  }
});

test('the voice service refuses the offer, is broken, or answers nonsense: typed, and in no words of its own', async ({ widget, site, aftermath }) => {
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
    await expectFailure(widget, aftermath, code, { before: index, countdown: true });
    expect((await aftermath.readable()).document).not.toContain('upstream-words');
    expect((await aftermath.errors()).at(-1)?.message).not.toContain('upstream-words');
  }
  await expect(widget.alert).toContainText(enPanel.errors.unavailable.detail);
});

test('a server on another origin: preflight, names and limits come through', async ({ widget, site, aftermath }) => {
  const app = createVoiceServer({ allowedOrigins: [site.url], upstream: { baseUrl: site.sandbox.url, apiKey: 'sk-sandbox-tests' }, session: { model: 'gpt-realtime' } });
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
    await expectReleased(aftermath);
    await expect.poll(() => site.sandbox.requests.filter(({ path }) => path.endsWith('/hangup')).length).toBe(1);
  } finally {
    await app.close();
    await server.close();
  }
});

test('a server that is out of reach for a while keeps the call; one that forgot it ends it', async ({ widget, site, aftermath }) => {
  test.slow();
  const make = (): VoiceServer => createVoiceServer({ allowedOrigins: [site.url], upstream: { baseUrl: site.sandbox.url, apiKey: 'sk-sandbox-tests' }, session: { model: 'gpt-realtime' } });
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

    // The process is another one, and nothing was kept.
    await server.close();
    await app.close();
    app = make();
    server = await listen(port);
    await widget.reaches('failed', 30_000);
    expect((await aftermath.errors()).map(({ code }) => code)).toEqual(['connection_lost']);
    await expectReleased(aftermath);
  } finally {
    await app.close();
    await server.close();
  }
});
