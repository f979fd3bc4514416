/** A call as tests see and control it. */
import type { EventMatch, RecordedEvent, WaitOptions } from './event-log.js';
import type { ProfileName } from '../profiles/profile.js';
import type { StoredItem } from '../protocol/items.js';
import type { FrameCounts, LevelSample } from '../media/recording.js';
import type { Reply } from '../session/session-script.js';
import type { SessionConfig } from '../session/session-config.js';

/**
 * Why a call ended: the client closed its channel, connection or socket (`client-closed`), `…/hangup` (`hangup`) or
 * `…/refer` (`referred`) was requested, the maximum duration was reached (`expired`), a script or test ended it
 * (`scripted`), the client never connected (`never-connected`), or the sandbox was closed (`sandbox-closed`).
 */
export type EndReason = 'client-closed' | 'hangup' | 'referred' | 'expired' | 'scripted' | 'never-connected' | 'sandbox-closed';

/**
 * A call as tests see it.
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
  /** The server that the sandbox was imitating when the call began. */
  readonly profile: ProfileName;
  /** The key that opened the call; empty if none was required. */
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly state: 'connecting' | 'open' | 'ended';
  /** Why the call ended; `undefined` while it is active. */
  readonly endReason: EndReason | undefined;
  /** Resolves when the call has ended. */
  readonly ended: Promise<EndReason>;
  /** The session's configuration with all defaults. */
  readonly sessionConfig: SessionConfig;
  /** Copies of the conversation's items, in order. */
  readonly items: readonly StoredItem[];
  /** Every event in both directions, as sent on the wire, with its time. */
  readonly events: readonly RecordedEvent[];
  readonly frames: Readonly<FrameCounts>;
  /** Level of every received 20 ms frame. */
  readonly levels: readonly LevelSample[];
  /** Time (milliseconds since the epoch) since which only silence has arrived; `undefined` during sound or before the first frame. */
  readonly silenceSince: number | undefined;
  /** Number of timers this call holds; 0 after it ended. */
  readonly pendingTimers: number;
  /** Mean level of the audio received since a time, in dBFS; −100 means digital silence or no audio. */
  inputLevel(options?: { since?: number }): number;
  /** The audio received since a time: 24 kHz mono PCM. */
  inputAudio(options?: { since?: number }): Int16Array;
  /** Waits for a client event; one that has already arrived counts, see `after`. @throws SandboxTimeout */
  waitForClientEvent(match: EventMatch, options?: WaitOptions): Promise<RecordedEvent>;
  /** Waits for an event sent by the sandbox. @throws SandboxTimeout */
  waitForServerEvent(match: EventMatch, options?: WaitOptions): Promise<RecordedEvent>;
  /** Sets the next answer of this call, ahead of the script's answers. */
  replyNext(reply: Reply): void;
  /** Sends a server event; adds an `event_id` if missing. */
  sendEvent(event: Record<string, unknown> & { type: string }): void;
  /** Sends text unchanged. */
  sendRaw(text: string): void;
  /** Sends a binary message. */
  sendBinary(bytes: Uint8Array): void;
  /** Closes the data channel (or the socket) and nothing else. A phone call has none. */
  closeChannel(): void;
  /** Number of attached sidebands. */
  readonly sidebands: number;
  /** Closes all sidebands and leaves the call open; `code` defaults to 1011. */
  closeSidebands(code?: number): void;
  /** Share of outgoing RTP packets to drop, 0..1. */
  setLoss(share: number): void;
  /** Sends silence instead of answers. */
  setSilence(on: boolean): void;
  /** Ends the call from the server side. */
  hangUp(): void;
}
