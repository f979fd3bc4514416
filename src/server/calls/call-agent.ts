/**
 * What takes part in a watched call from this side, over the same sideband: the agent of a phone call, which nobody's page runs.
 * Types only. It lives as long as its call is watched here; who takes a call over makes another one.
 */
import type { Profile } from '../options.js';
import type { CallEndReason, CallRecord } from '../state/shared-state.js';
import type { RealtimeEvent } from './sideband.js';

/** What an agent may do to its call. */
export interface CallLine {
  readonly call: CallRecord;
  readonly profile: Profile;
  /** True where another watcher had the call before. */
  readonly adopted: boolean;
  /** Sends one client event as JSON, now or as soon as the sideband is attached again. */
  send(text: string): void;
  /** Hangs up. Resolves when the Realtime API was told. */
  end(reason: CallEndReason): Promise<void>;
  /** The call will end by itself, for this reason; its limits hold until then. */
  leaving(reason: CallEndReason): void;
}

/** One agent in one call. */
export interface CallAgent {
  /** Hears each server event, parsed and as it came; pieces of text and sound are left out. */
  hear(event: RealtimeEvent, text: string): void;
  /** The call is over, or watched by somebody else. */
  close(): void;
}

/** Makes the agent of a call; `undefined` for calls whose agent is the model alone. */
export type CallAgentFactory = (line: CallLine) => CallAgent | undefined;
