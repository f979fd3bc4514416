/** What a test sees of one call, and what it can do to it. */
import type { EventMatch, RecordedEvent, WaitOptions } from './event-log.js';
import type { ProfileName } from './profiles/profile.js';
import type { StoredItem } from './protocol.js';
import type { FrameCounts, LevelSample } from './recording.js';
import type { Reply } from './scenario-types.js';
import type { SessionConfig } from './session-config.js';

/**
 * Why a call ended: the client closed its channel, connection or socket (`client-closed`), somebody posted to
 * `…/hangup` (`hangup`) or `…/refer` (`referred`), the maximum duration passed (`expired`), a script or test ended it (`scripted`), the client
 * never connected (`never-connected`), or the sandbox was closed (`sandbox-closed`).
 */
export type EndReason = 'client-closed' | 'hangup' | 'referred' | 'expired' | 'scripted' | 'never-connected' | 'sandbox-closed';

/**
 * One call as tests see it.
 *
 * @example
 * ```ts
 * const call = await sandbox.nextCall();
 * await call.waitForClientEvent('session.update');
 * call.sendEvent({ type: 'response.output_text.delta', delta: '<img onerror=alert(1)>' });
 * expect(call.inputLevel({ since: mutedAt })).toBeLessThan(-70);
 * ```
 */
export interface SandboxCall {
  /** `rtc_…` for a WebRTC or phone call, `sess_…` for a WebSocket session. */
  readonly id: string;
  readonly kind: 'webrtc' | 'websocket' | 'sip';
  /** The server that the sandbox played when the call began. */
  readonly profile: ProfileName;
  /** The key that opened the call; empty where none was needed. */
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly state: 'connecting' | 'open' | 'ended';
  /** Why it ended; `undefined` while it lives. */
  readonly endReason: EndReason | undefined;
  /** Resolves when the call has ended. */
  readonly ended: Promise<EndReason>;
  /** The session's configuration with all defaults. */
  readonly sessionConfig: SessionConfig;
  /** Copies of the conversation's items, in order. */
  readonly items: readonly StoredItem[];
  /** Every event in both directions with its time, as it was on the wire. */
  readonly events: readonly RecordedEvent[];
  readonly frames: Readonly<FrameCounts>;
  /** Level of every received 20 ms frame. */
  readonly levels: readonly LevelSample[];
  /** Since when (milliseconds since the epoch) only silence arrived; `undefined` while there is sound, or nothing came yet. */
  readonly silenceSince: number | undefined;
  /** Timers that this call holds; 0 after its end. */
  readonly pendingTimers: number;
  /** Mean level of what arrived since a time, in dBFS; −100 is digital silence or nothing at all. */
  inputLevel(options?: { since?: number }): number;
  /** What arrived since a time: 24 kHz mono PCM. */
  inputAudio(options?: { since?: number }): Int16Array;
  /** Waits for an event of the client; one that already came counts, see `after`. @throws SandboxTimeout */
  waitForClientEvent(match: EventMatch, options?: WaitOptions): Promise<RecordedEvent>;
  /** Waits for an event that the sandbox sends. @throws SandboxTimeout */
  waitForServerEvent(match: EventMatch, options?: WaitOptions): Promise<RecordedEvent>;
  /** Chooses the next answer of this call, before those of the script. */
  replyNext(reply: Reply): void;
  /** Sends a server event; an `event_id` is added when missing. */
  sendEvent(event: Record<string, unknown> & { type: string }): void;
  /** Sends text as it is. */
  sendRaw(text: string): void;
  /** Sends a binary message. */
  sendBinary(bytes: Uint8Array): void;
  /** Closes the data channel (or the socket) and leaves the rest as it is. A phone call has none. */
  closeChannel(): void;
  /** Sidebands that are attached. */
  readonly sidebands: number;
  /** Closes all sidebands and leaves the call as it is; `code` default 1011. */
  closeSidebands(code?: number): void;
  /** Share of outgoing RTP packets to drop, 0..1. */
  setLoss(share: number): void;
  /** Sends silence in place of answers. */
  setSilence(on: boolean): void;
  /** Ends the call from the server's side. */
  hangUp(): void;
}
