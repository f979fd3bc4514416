/**
 * Shared helpers for tests of phone calls: a sandbox that places them, servers that accept them over real HTTP, and callers. Nothing is
 * mocked; only the voice may be a tone if words do not matter.
 */
import { createSandbox } from '../../../src/sandbox/index.js';
import type { PhoneCall, PhoneCallOptions, Sandbox } from '../../../src/sandbox/index.js';
import type { VoiceServerOptions } from '../../../src/server/index.js';
import { serve } from '../../../src/server/runtime/node/serve.js';
import { systemClock } from '../../../src/server/contract/clock.js';
import type { Clock } from '../../../src/server/contract/clock.js';
import { tone } from '../../unit/sandbox/harness.js';
import { broker, closing } from '../calls/support.js';
import type { Broker } from '../calls/support.js';

export const SECRET = `whsec_${Buffer.from('the secret of this webhook, long enough').toString('base64')}`;
export const OTHER_SECRET = `whsec_${Buffer.from('the secret of another webhook altogether').toString('base64')}`;
export const NUMBER = '+4930123456';
export const CALLER = '+4915199988877';
/** Allows for a busy machine. */
export const PATIENCE = { timeoutMs: 20_000 };

/** Starts a sandbox whose voice is a tone, 30 ms per letter; tests with spoken words must reset `speak`. */
export async function phoneSandbox(options: Parameters<typeof createSandbox>[0] = {}): Promise<Sandbox> {
  return closing(
    await createSandbox({
      thinkMs: 0,
      speed: Infinity,
      speak: (text) => Promise.resolve(tone(Math.max(100, text.length * 30))),
      ...options,
    }),
  );
}

/** A server that accepts phone calls. */
export interface PhoneServer extends Broker {
  /** URL of its webhook. */
  readonly url: string;
}

/** Starts a server with one profile for `NUMBER` and the given options. */
export async function phoneServer(
  sandbox: Sandbox,
  { phone, profiles, ...options }: Partial<VoiceServerOptions> = {},
  clock: Clock = systemClock,
): Promise<PhoneServer> {
  const made = broker(
    sandbox.url,
    {
      profiles: profiles ?? {
        reception: { access: ['phone'], session: { model: 'gpt-realtime-2.1', instructions: 'Answer the phone.', voice: 'marin' } },
      },
      phone: { webhookSecret: SECRET, numbers: { [NUMBER]: Object.keys(profiles ?? { reception: {} })[0] ?? '' }, ...phone },
      ...options,
    },
    { clock: clock as never },
  );
  const { url } = closing(await serve(made.app));
  return { ...made, url: `${url}/voice/sip` };
}

/** Places a call to the server. */
export function dial(sandbox: Sandbox, server: PhoneServer, options: Partial<PhoneCallOptions> = {}): PhoneCall {
  return sandbox.phone.call({ to: NUMBER, from: CALLER, webhookUrl: server.url, secret: SECRET, ringSeconds: 120, ...options });
}

/** Returns the bodies of requests to an API path. */
export function posted(sandbox: Sandbox, what: string): Record<string, unknown>[] {
  return sandbox.requests
    .filter(({ path }) => path.endsWith(`/${what}`))
    .map(({ body }) => JSON.parse(body ?? '') as Record<string, unknown>);
}

/** Returns the reported steps of calls. */
export const steps = (server: Broker): string[] =>
  server.events.flatMap((event) =>
    event.type === 'phone'
      ? [event.reason === undefined ? event.step : `${event.step}: ${event.reason}`]
      : event.type === 'call-ended'
        ? [`ended: ${event.reason}`]
        : [],
  );
