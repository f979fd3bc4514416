/** A call in the fake environment that reconnects, and helpers to break it. */
import { VoiceAgentError } from '../../../src/contract/errors.js';
import type { CallOptions, ConnectOptions } from '../../../src/contract/options.js';
import { VoiceSession } from '../../../src/session/voice-session.js';
import { fakeEnvironment, type FakeTransport, type World } from './fake-environment.js';

/** A call that is not connected yet. */
export function make(world: World = {}, options: CallOptions = {}, overrides = {}) {
  const fake = fakeEnvironment(world, overrides);
  const session = new VoiceSession({ tokenUrl: '/token', ...options }, fake.environment);
  const states: string[] = [];
  const errors: VoiceAgentError[] = [];
  session.on('status', (status) => {
    const name = status.state === 'reconnecting' ? `reconnecting ${status.attempt}` : status.state;
    if (states.at(-1) !== name) states.push(name);
  });
  session.on('error', (error) => errors.push(error));
  const last = (): FakeTransport => fake.transports.at(-1) as FakeTransport;
  return {
    ...fake,
    world,
    session,
    states,
    errors,
    last,
    lose: () => last().options.bus.emit('disconnected', new VoiceAgentError('connection_lost')),
    keys: () => fake.paths().filter((path) => path === '/token').length,
  };
}

/** A connected call that reconnects. */
export async function connected(world: World = {}, options: CallOptions = {}, how: ConnectOptions = { reconnect: true }, overrides = {}) {
  const made = make(world, options, overrides);
  await made.session.connect(how);
  return made;
}

export const seconds = (count: number): number => count * 1_000;
