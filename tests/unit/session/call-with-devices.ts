/** A live call on scripted devices. */
import type { CallOptions, ConnectOptions } from '../../../src/contract/options.js';
import type { StatusOf } from '../../../src/contract/states.js';
import { settle, type FakeTransport, type World } from './fake-environment.js';
import { start } from './observed-session.js';

/** Connects with a microphone that is named Headset by default. */
export async function callWithDevices(world: World = {}, options: CallOptions = {}, how: ConnectOptions = {}) {
  const fake = start({ device: 'Headset', ...world }, options);
  await fake.session.connect(how);
  await settle();
  const status = () => fake.session.status as StatusOf<'connected'>;
  return { ...fake, status, last: () => fake.transports.at(-1) as FakeTransport };
}
