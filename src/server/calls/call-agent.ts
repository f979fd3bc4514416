/**
 * The server-side participant of a watched call, on the same sideband: the agent of a phone call, which has no page. Types only.
 * An agent lives as long as this process watches its call; a process that takes the call over creates a new one.
 */
import type { Profile } from '../resolved-options.js';
import type { CallEndReason, CallRecord } from '../contract/shared-state.js';
import type { RealtimeEvent } from './sideband.js';
import type { ToolLimiter } from './tool-limiter.js';

/** The agent's access to its call. */
export interface CallAgentSetup {
  readonly call: CallRecord;
  readonly profile: Profile;
  /** Whether another watcher had the call before. */
  readonly adopted: boolean;
  /** Bounds the runs of the call's tools. */
  readonly limiter: ToolLimiter;
  /** Sends one client event as JSON, now or as soon as the sideband is reattached. */
  send(text: string): void;
  /** Hangs up. Resolves once the hang-up request to the Realtime API has completed. */
  end(reason: CallEndReason): Promise<void>;
  /** The call is about to end by itself for this reason; its limits apply until then. */
  expectEnd(reason: CallEndReason): void;
}

/** The agent of one call. */
export interface CallAgent {
  /** Receives each server event, parsed and as the original text; delta events are omitted. */
  handleEvent(event: RealtimeEvent, text: string): void;
  /** The call has ended, or another process watches it. */
  close(): void;
}

/** Creates the agent of a call; returns `undefined` for calls that need no server-side agent. */
export type CallAgentFactory = (setup: CallAgentSetup) => CallAgent | undefined;
