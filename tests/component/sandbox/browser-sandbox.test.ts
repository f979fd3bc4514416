/** The address that a sandbox inside the page answers: routes, faults, and the page's own `fetch` before and after. */
import { afterEach, describe, expect, it } from 'vitest';
import { createBrowserSandbox } from '../../../src/sandbox/browser/index.js';
import type { BrowserSandbox, BrowserSandboxOptions } from '../../../src/sandbox/browser/index.js';

const open: BrowserSandbox[] = [];
const pageFetch = window.fetch;

async function start(options?: BrowserSandboxOptions): Promise<BrowserSandbox> {
  const sandbox = await createBrowserSandbox(options);
  open.push(sandbox);
  return sandbox;
}

const mint = (sandbox: BrowserSandbox, init: RequestInit = {}): Promise<Response> =>
  fetch(`${sandbox.url}/realtime/client_secrets`, { method: 'POST', headers: { authorization: 'Bearer sk-sandbox' }, ...init });

afterEach(() => {
  for (const sandbox of open.splice(0)) sandbox.close();
  expect(window.fetch).toBe(pageFetch);
});

describe('requests', () => {
  it('are answered like those of the sandbox in Node', async () => {
    const sandbox = await start();
    const response = await mint(sandbox, { body: JSON.stringify({ expires_after: { anchor: 'created_at', seconds: 60 } }) });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ value: sandbox.keys[0]?.value, session: { type: 'realtime' } });
    expect((await mint(sandbox, { headers: { authorization: 'Bearer sk-other' } })).status).toBe(401);
    expect(
      (
        await fetch(`${sandbox.url}/realtime/calls`, {
          method: 'POST',
          body: 'v=0 nonsense',
          headers: { 'content-type': 'application/sdp', authorization: `Bearer ${sandbox.mintKey().value}` },
        })
      ).status,
    ).toBe(400);
    expect((await fetch(new Request(`${sandbox.url}/nothing`))).status).toBe(404);
    expect(sandbox.requests.map(({ status }) => status)).toEqual([200, 401, 400, 404]);
  });

  it('to other addresses pass through, also to addresses that only begin alike', async () => {
    const sandbox = await start();
    const response = await fetch(import.meta.url);
    expect(response.ok).toBe(true);
    await fetch(`${sandbox.url.replace(/\/v1$/, '')}0/v1/realtime/calls`, { method: 'POST' });
    expect(sandbox.requests).toEqual([]);
  });

  it('reach the sandbox that they address', async () => {
    const [one, other] = [await start(), await start()];
    await mint(other);
    expect([one.keys.length, other.keys.length]).toEqual([0, 1]);
    one.close();
    expect((await mint(other)).status).toBe(200);
  });

  it('can be aborted, before and while they wait', async () => {
    const sandbox = await start();
    await expect(mint(sandbox, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    sandbox.fault({ at: 'client_secrets', fault: 'hang' });
    const controller = new AbortController();
    const waiting = mint(sandbox, { signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('faults', () => {
  it('close the connection, redirect, and answer with a status', async () => {
    const sandbox = await start();
    sandbox.fault({ at: 'client_secrets', fault: 'disconnect', times: 1 });
    await expect(mint(sandbox)).rejects.toBeInstanceOf(TypeError);
    sandbox.fault({ at: 'client_secrets', fault: 'status', status: 429, headers: { 'retry-after': '7' }, times: 1 });
    expect((await mint(sandbox)).headers.get('retry-after')).toBe('7');
    sandbox.fault({ at: 'client_secrets', fault: 'redirect', to: import.meta.url, times: 3 });
    expect((await mint(sandbox)).redirected).toBe(true);
    expect((await mint(sandbox, { redirect: 'manual' })).status).toBe(307);
    await expect(mint(sandbox, { redirect: 'error' })).rejects.toBeInstanceOf(TypeError);
  });

  it('that never answer end when the sandbox closes', async () => {
    const sandbox = await start();
    sandbox.fault({ at: 'client_secrets', fault: 'hang' });
    const waiting = mint(sandbox);
    waiting.catch(() => undefined);
    await expect.poll(() => sandbox.requests.length).toBe(1);
    sandbox.close();
    await expect(waiting).rejects.toBeInstanceOf(TypeError);
  });
});

it('leaves a `fetch` that other code has replaced in the meantime', async () => {
  const sandbox = await start();
  const ours = window.fetch;
  const theirs: typeof fetch = (input, init) => ours(input, init);
  window.fetch = theirs;
  sandbox.close();
  expect(window.fetch).toBe(theirs);
  expect((await fetch(import.meta.url)).ok, 'requests still pass through').toBe(true);
  const next = await start();
  expect((await mint(next)).status, 'the next sandbox answers').toBe(200);
  expect((await fetch(import.meta.url)).ok).toBe(true);
  next.close();
  expect(window.fetch).toBe(theirs);
  window.fetch = pageFetch;
});

it('refuses phone calls with 404', async () => {
  const sandbox = await start();
  const response = await fetch(`${sandbox.url}/realtime/calls/rtc_1/accept`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-sandbox' },
    body: '{"type":"realtime"}',
  });
  expect(response.status).toBe(404);
});
