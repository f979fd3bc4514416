/**
 * Shared by the tests of `VoiceSession`: a session in the fake environment, and every state and error that it reported.
 * `MediaStream` is stubbed in every test of a file that imports this.
 */
import { afterEach, beforeEach, vi } from 'vitest';
import type { CallOptions } from '../../../src/contract/options.js';
import { VoiceSession } from '../../../src/session/voice-session.js';
import { fakeEnvironment, type World } from './fake-environment.js';

beforeEach(() => {
  vi.stubGlobal('MediaStream', class {});
});
afterEach(() => {
  vi.unstubAllGlobals();
});

/** A session without a call. */
export function start(world: World = {}, options: CallOptions = {}, overrides = {}) {
  const fake = fakeEnvironment(world, overrides);
  const session = new VoiceSession({ tokenUrl: '/token', ...options }, fake.environment);
  const states: string[] = [];
  const errors: { code: string }[] = [];
  session.on('status', (status) =>
    states.push(status.state === 'connecting' ? `${status.phase}${status.slow ? ' slow' : ''}` : status.state),
  );
  session.on('error', (error) => errors.push(error));
  return { ...fake, world, session, states, errors };
}

/** The paths of the key endpoint and of the offer, in the form of `paths()`. */
export const MINT = '/token';
export const CALLS = '/v1/realtime/calls';
