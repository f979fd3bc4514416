/**
 * Shared helpers for tests of brokered calls: a real sandbox, a visitor with real WebRTC (werift), a server with a manual clock
 * between them, and a reader of the notices.
 */
import { afterEach, expect, vi } from 'vitest';
import type { createSandbox } from '../../../src/sandbox/index.js';
import type { Sandbox, SandboxCall } from '../../../src/sandbox/index.js';
import { createVoiceServer } from '../../../src/server/index.js';
import type { VoiceServerOptions } from '../../../src/server/index.js';
import { openNodeSocket } from '../../../src/server/runtime/node/node-socket.js';
import type { ServerEvent } from '../../../src/server/contract/server-events.js';
import type { CallNotice } from '../../../src/server/contract/shared-state.js';
import { createVisitor } from '../../unit/sandbox-media/visitor.js';
import type { Visitor } from '../../unit/sandbox-media/visitor.js';
import { HandClock, PAGE } from '../token-route-support.js';
import { quickSandbox } from '../../support/quick-sandbox.js';

type Closable = { close(): unknown };
type Json = Record<string, unknown> & { type: string };

// Allows for real WebRTC on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 30_000 });

const open: Closable[] = [];

/** Closes an object after the test, in reverse order of registration. */
export function closing<T extends Closable>(one: T): T {
  open.push(one);
  return one;
}

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** A single-process server and the events that it emitted. */
export interface Broker {
  readonly app: ReturnType<typeof createVoiceServer>;
  readonly clock: HandClock;
  readonly events: ServerEvent[];
  /** Events received over its sidebands. */
  readonly sidebands: Json[];
  /** Resolves when the given number of events of a type were received over its sidebands. */
  hears(type: string, count?: number): Promise<void>;
  /** Resolves with the first matching event, past or future. */
  heard<T extends ServerEvent['type']>(
    type: T,
    fits?: (event: Extract<ServerEvent, { type: T }>) => boolean,
  ): Promise<Extract<ServerEvent, { type: T }>>;
}

/** Creates a server in front of this API root. `attach` is awaited before each sideband. */
export function broker(
  root: string,
  options: Partial<VoiceServerOptions> = {},
  { clock = new HandClock(), attach }: { clock?: HandClock; attach?: () => Promise<void> } = {},
): Broker {
  const events: ServerEvent[] = [];
  const sidebands: Json[] = [];
  const waiting = new Set<() => void>();
  const look = (): void => {
    for (const one of [...waiting]) one();
  };
  const until = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const one = (): void => {
        const found = find();
        if (found === undefined) return;
        waiting.delete(one);
        resolve(found);
      };
      waiting.add(one);
      one();
    });
  const app = closing(
    createVoiceServer({
      allowedOrigins: [PAGE],
      upstream: { baseUrl: root, apiKey: 'sk-sandbox-broker' },
      observers: [
        (event) => {
          events.push(event);
          look();
        },
      ],
      clock,
      openSocket: async (setup) => {
        await attach?.();
        return openNodeSocket({
          ...setup,
          onMessage: (text) => {
            setup.onMessage(text);
            sidebands.push(JSON.parse(text) as Json);
            look();
          },
        });
      },
      ...options,
    }),
  );
  return {
    app,
    clock,
    events,
    sidebands,
    heard: (type, fits = () => true) => until(() => events.find((event) => event.type === type && fits(event as never)) as never),
    hears: async (type, count = 1) =>
      void (await until(() => (sidebands.filter((event) => event.type === type).length >= count ? true : undefined))),
  };
}

/** Advances time second by second, so that regular timers fire. */
export async function pass(clock: HandClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1_000) {
    clock.advance(Math.min(1_000, left));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Starts a sandbox that answers at once, with silence instead of a voice. */
export async function sandboxed(options: Parameters<typeof createSandbox>[0] = {}): Promise<Sandbox> {
  return closing(await quickSandbox(options));
}

/** Creates a request like the widget's; `null` removes a header. */
export function offered(sdp: BodyInit, headers: Record<string, string | null> = {}, query = ''): [string, RequestInit] {
  const all = Object.entries({ Origin: PAGE, 'Content-Type': 'application/sdp', ...headers }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  return [`/voice/call${query}`, { method: 'POST', body: sdp, headers: Object.fromEntries(all) }];
}

/** A visitor who is connected through the server. */
export interface BrokeredCall {
  readonly visitor: Visitor;
  readonly answer: Response;
  /** Path of the call on the server. */
  readonly location: string;
  /** The sandbox's side. */
  readonly call: SandboxCall;
  /** Events received on the visitor's data channel. */
  readonly messages: Json[];
  say(event: Json): void;
  end(headers?: Record<string, string>): Promise<Response>;
}

/** Places a call and waits until the data channel is open. */
export async function placed(
  { app }: Pick<Broker, 'app'>,
  sandbox: Sandbox,
  query = '',
  headers: Record<string, string> = {},
): Promise<BrokeredCall> {
  const visitor = closing(await createVisitor());
  const messages: Json[] = [];
  visitor.channel.onMessage.subscribe((message) => void messages.push(JSON.parse(String(message)) as Json));
  const answer = await app.request(...offered(visitor.offer, headers, query));
  if (answer.status !== 201) throw new Error(`refused: ${await answer.text()}`);
  await visitor.accept(await answer.clone().text());
  const call = await sandbox.nextCall();
  await visitor.reached('open');
  const location = answer.headers.get('Location') ?? '';
  return {
    visitor,
    answer,
    location,
    call,
    messages,
    say: (event) => visitor.channel.send(JSON.stringify(event)),
    end: async (headers = {}) => app.request(location, { method: 'DELETE', headers: { Origin: PAGE, ...headers } }),
  };
}

/** The same, and waits until the sideband is attached. */
export async function connected(server: Broker, sandbox: Sandbox, query = '', headers: Record<string, string> = {}): Promise<BrokeredCall> {
  const before = server.sidebands.filter(({ type }) => type === 'session.created').length;
  const call = await placed(server, sandbox, query, headers);
  await server.hears('session.created', before + 1);
  // Like the widget's first event, this shows the server that the page is connected.
  const cleared = server.sidebands.filter(({ type }) => type === 'input_audio_buffer.cleared').length;
  call.say({ type: 'input_audio_buffer.clear' });
  await server.hears('input_audio_buffer.cleared', cleared + 1);
  return call;
}

/** Checks the response to a page: an SDP answer, the default limits, and a random ID that reveals nothing about the call at the API. */
export function expectAnswered({ answer, call, location }: BrokeredCall): void {
  expect(answer.headers.get('Content-Type')).toBe('application/sdp');
  expect(answer.headers.get('Voice-Call-Limits')).toBe('seconds=600, idle=60');
  expect(location).toMatch(/^\/voice\/call\/[\w-]{32}$/);
  expect(location).not.toContain(call.id);
}

/** Ends the call from its page: it ends at the API and for the visitor, and a repeated request succeeds while it is remembered. */
export async function expectEnded({ call, visitor, end }: BrokeredCall): Promise<void> {
  const closed = visitor.reached('closed');
  expect((await end()).status).toBe(204);
  expect(await call.ended).toBe('hangup');
  await closed;
  expect((await end()).status).toBe(204);
}

/** Reads the notices of a call like a page. */
export class Notices {
  readonly told: CallNotice[] = [];
  /** Resolves when the stream has ended. */
  readonly over: Promise<void>;
  readonly #leaving = new AbortController();
  readonly #waiting = new Set<() => void>();
  #over = false;

  private constructor(answer: Response, leaving: AbortController) {
    this.#leaving = leaving;
    this.over = this.#read(answer);
  }

  static async of({ app }: Broker, location: string, headers: Record<string, string> = {}): Promise<Notices> {
    const leaving = new AbortController();
    const answer = await app.request(`${location}/notices`, { headers: { Origin: PAGE, ...headers }, signal: leaving.signal });
    if (answer.status !== 200) throw new Error(`refused: ${await answer.text()}`);
    return new Notices(answer, leaving);
  }

  leave(): void {
    this.#leaving.abort();
  }

  /** Resolves with the notice at this index. */
  async at(index: number): Promise<CallNotice | undefined> {
    while (this.told.length <= index && !this.#over) await new Promise<void>((resolve) => void this.#waiting.add(resolve));
    return this.told[index];
  }

  async #read(answer: Response): Promise<void> {
    let rest = '';
    const decoder = new TextDecoder();
    for await (const bytes of answer.body as unknown as AsyncIterable<Uint8Array>) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('data: ')) this.told.push(JSON.parse(line.slice(6)) as CallNotice);
      this.#wake();
    }
    this.#over = true;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
