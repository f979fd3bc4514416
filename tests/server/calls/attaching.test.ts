/** By default, the page gets its SDP answer only when the sideband observes the call. */
import { describe, expect, it } from 'vitest';
import { SocketRefused } from '../../../src/server/contract/call-host.js';
import type { OpenServerSocket } from '../../../src/server/contract/call-host.js';
import { MemoryState } from '../../../src/server/state/memory-state.js';
import { StateUnavailable } from '../../../src/server/contract/shared-state.js';
import type { Sandbox } from '../../../src/sandbox/index.js';
import { openNodeSocket } from '../../../src/server/runtime/node/node-socket.js';
import { createVisitor } from '../../unit/sandbox-media/visitor.js';
import { signalled } from '../token-route-support.js';
import { broker, closing, offered, pass, placed, sandboxed } from './support.js';
import type { Broker } from './support.js';

/** Sends the offer of a page; `answered` tells whether the response has arrived. */
async function asked({ app }: Broker, init: RequestInit = {}): Promise<{ readonly answer: Promise<Response>; answered: boolean }> {
  const { offer } = closing(await createVisitor());
  const [path, request] = offered(offer);
  const answer = Promise.resolve(app.request(path, { ...request, ...init }));
  const asking = { answer, answered: false };
  void answer.finally(() => (asking.answered = true)).catch(() => undefined);
  return asking;
}

const codeOf = async (answer: Response): Promise<[number, string]> => [answer.status, ((await answer.json()) as { code: string }).code];

/** Opens, sends an error and closes, as the API does when it rejects a key. */
const refusing: OpenServerSocket = async ({ onMessage, onClose }) => {
  setImmediate(() => {
    onMessage('{"type":"error","error":{"code":"invalid_api_key"}}');
    onClose(3000, 'invalid_request_error.invalid_api_key');
  });
  return { send: () => undefined, close: () => undefined };
};

/** Opens and stays silent. */
const silent: OpenServerSocket = async () => ({ send: () => undefined, close: () => undefined });

const hangUps = (sandbox: Sandbox): number => sandbox.requests.filter(({ path }) => path.endsWith('/hangup')).length;

describe('the answer to an offer', () => {
  it('is sent after the first event of the sideband, and the session is stored by then', async () => {
    const sandbox = await sandboxed();
    const state = new MemoryState();
    const arriving = signalled();
    const heard = signalled();
    const server = broker(sandbox.url, {
      state,
      openSocket: (setup) =>
        openNodeSocket({
          ...setup,
          onMessage: (text) => {
            heard.resolve();
            void arriving.promise.then(() => setup.onMessage(text));
          },
        }),
    });
    const asking = await asked(server);
    // The socket is open and has received an event, which the server does not process yet.
    await heard.promise;
    expect(sandbox.calls[0]?.sidebands).toBe(1);
    await new Promise((resolve) => setTimeout(resolve));
    expect(asking.answered).toBe(false);
    expect(server.events.map(({ type }) => type)).not.toContain('sideband');
    arriving.resolve();
    const answer = await asking.answer;
    expect(answer.status).toBe(201);
    const id = answer.headers.get('Location')?.split('/').at(-1) ?? '';
    const stored = (await state.calls.find(id))?.call.memory?.session;
    expect(stored).toMatchObject({ model: '"gpt-realtime-2.1"', 'audio.output.voice': '"marin"', tracing: 'null' });
    expect(stored).not.toHaveProperty('expires_at');
  });

  it.each<[string, OpenServerSocket]>([
    ['is refused', () => Promise.reject(new SocketRefused(401))],
    ['gets 404', () => Promise.reject(new SocketRefused(404))],
    ['opens and closes', refusing],
    ['opens and receives nothing', silent],
    ['gets no response', () => new Promise(() => undefined)],
  ])('is a problem after the time limit if the sideband %s, and the call is hung up and settled', async (_name, openSocket) => {
    const sandbox = await sandboxed();
    let broken = true;
    const server = broker(sandbox.url, {
      openSocket: (setup) => (broken ? openSocket(setup) : openNodeSocket(setup)),
      budget: { maxConcurrent: 1 },
    });
    const asking = await asked(server);
    await server.heard('call-started');
    for (let passed = 0; passed < 7_750; passed += 250) await pass(server.clock, 250);
    expect(asking.answered).toBe(false);
    await pass(server.clock, 250);
    expect(await codeOf(await asking.answer)).toEqual([504, 'upstream_timeout']);
    expect(await sandbox.calls[0]?.ended).toBe('hangup');
    const { ref } = await server.heard('call-started');
    expect(await server.heard('call-ended')).toMatchObject({ ref, reason: 'unwatched', spent: { calls: 1, seconds: 8 } });
    expect((await server.heard('refused')).reason).toBe('the sideband was not attached in time');
    expect(server.events.filter(({ type }) => type === 'call-ended')).toHaveLength(1);
    // The only place is free again.
    broken = false;
    await placed(server, sandbox);
  });

  it('leaves no call behind if the visitor leaves while the sideband is being attached', async () => {
    const sandbox = await sandboxed();
    const attaching = signalled();
    const server = broker(sandbox.url, {}, { attach: () => attaching.promise });
    const leaving = new AbortController();
    const asking = await asked(server, { signal: leaving.signal });
    await server.heard('call-started');
    leaving.abort();
    expect((await codeOf(await asking.answer))[1]).toBe('upstream_failed');
    expect(await sandbox.calls[0]?.ended).toBe('hangup');
    expect((await server.heard('call-ended')).reason).toBe('visitor');
    expect(hangUps(sandbox)).toBe(1);
    attaching.resolve();
  });

  it('is a problem if the state fails before the session is stored', async () => {
    class Failing extends MemoryState {
      constructor() {
        super();
        this.calls.remember = () => Promise.reject(new StateUnavailable('gone'));
      }
    }
    const sandbox = await sandboxed();
    const server = broker(sandbox.url, { state: new Failing() });
    expect(await codeOf(await (await asked(server)).answer)).toEqual([503, 'state_unavailable']);
    expect(await sandbox.calls[0]?.ended).toBe('hangup');
    expect((await server.heard('call-ended')).reason).toBe('unwatched');
  });

  it('is a problem if the server shuts down while the sideband is being attached', async () => {
    const sandbox = await sandboxed();
    const attaching = signalled();
    const server = broker(sandbox.url, {}, { attach: () => attaching.promise });
    const asking = await asked(server);
    await server.heard('call-started');
    await server.app.close();
    expect((await codeOf(await asking.answer))[0]).toBe(504);
    expect(await sandbox.calls[0]?.ended).toBe('hangup');
    expect((await server.heard('call-ended')).reason).toBe('shutdown');
    attaching.resolve();
  });

  it('does not wait for the sideband if the profile allows it', async () => {
    const sandbox = await sandboxed();
    const attaching = signalled();
    const server = broker(sandbox.url, { profiles: { default: { answerBeforeSideband: true } } }, { attach: () => attaching.promise });
    const call = await placed(server, sandbox);
    expect(call.call.sidebands).toBe(0);
    attaching.resolve();
    await server.hears('session.created');
    await call.end();
    expect((await server.heard('call-ended')).reason).toBe('visitor');
  });

  it('is a problem if a package is missing, and the operator sees the cause', async () => {
    const sandbox = await sandboxed();
    const missing = new Error('Brokered calls on Node need the package ws: npm install ws');
    const server = broker(sandbox.url, { openSocket: () => Promise.reject(missing) });
    const asking = await asked(server);
    await server.heard('call-started');
    for (let passed = 0; passed < 8_000; passed += 250) await pass(server.clock, 250);
    expect((await asking.answer).status).toBe(504);
    expect((await server.heard('sideband')).cause).toBe(missing);
  });
});
