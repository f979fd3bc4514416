/** The changes of a call's status, which `session/transition.ts` applies. Types only. */
import type { VoiceAgentError } from './errors.js';
import type { Activity, CallEnding, ConnectPhase, EndReason, MicrophoneChange, MicrophoneState } from './states.js';

/** One change of the status of a call. */
export type StatusEvent =
  /** A call was requested. */
  | { readonly type: 'connect' }
  | { readonly type: 'phase'; readonly phase: ConnectPhase }
  /** The phase takes longer than usual. */
  | { readonly type: 'slow' }
  /** The session is confirmed and the microphone is live, or a stalled connection recovered. */
  | {
      readonly type: 'connected';
      readonly activity: Activity;
      readonly microphone: MicrophoneState;
      readonly soundBlocked: boolean;
      readonly since: number;
      /** The end that the server has announced. */
      readonly ending?: CallEnding | null | undefined;
    }
  /** No packets arrive; the connection may recover on its own. */
  | { readonly type: 'stalled'; readonly attempt: number }
  /** The connection broke; this attempt to replace it starts. */
  | { readonly type: 'reconnect'; readonly attempt: number }
  | { readonly type: 'activity'; readonly activity: Activity }
  /** The visitor interrupted the answer. */
  | { readonly type: 'interrupted' }
  /** `change`: absent if the device did not change. */
  | { readonly type: 'microphone'; readonly microphone: MicrophoneState; readonly change?: MicrophoneChange | undefined }
  | { readonly type: 'sound'; readonly blocked: boolean }
  /** The server announced the end, or retracted it (`null`). */
  | { readonly type: 'ending'; readonly ending: CallEnding | null }
  /** The end of the call was requested. */
  | { readonly type: 'close' }
  | { readonly type: 'ended'; readonly reason: EndReason; readonly duration: number }
  | { readonly type: 'failed'; readonly error: VoiceAgentError; readonly retryAt: number | undefined };
