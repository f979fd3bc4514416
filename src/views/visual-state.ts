/** Maps a status to the visualizer's mood and the state text. Pure functions, shared by the views. */
import type { CallStatus, MicrophoneState } from '../contract/index.js';
import type { Strings } from '../i18n/strings.js';

/** The moods of the visualizer. */
export type VisualState =
  | 'idle'
  | 'connecting'
  /** The browser prompts for the microphone. */
  | 'permission'
  | 'listening'
  /** The visitor's turn, in a call without a microphone. */
  | 'text-only'
  | 'user-speaking'
  | 'thinking'
  | 'speaking'
  | 'muted'
  /** The browser plays no sound. */
  | 'sound-off'
  | 'ended'
  | 'failed';

/** Microphone states in which the visitor is not heard; all have the mood `muted`. */
const SILENT: ReadonlySet<MicrophoneState> = new Set<MicrophoneState>(['muted', 'system-muted', 'lost']);

/** Whether the call is text-only by choice. */
export const isByText = (microphone: MicrophoneState): boolean => microphone === 'unavailable' || microphone === 'off';

/** `muted` is shown only when it matters: during the visitor's turn. */
export function visualStateOf(status: CallStatus): VisualState {
  switch (status.state) {
    case 'connecting':
      return status.phase === 'microphone' ? 'permission' : 'connecting';
    case 'reconnecting':
      return 'connecting';
    case 'connected':
      if (status.soundBlocked) return 'sound-off';
      if (status.activity === 'thinking' || status.activity === 'speaking') return status.activity;
      if (SILENT.has(status.microphone)) return 'muted';
      return isByText(status.microphone) ? 'text-only' : status.activity;
    case 'disconnecting':
    case 'disconnected':
      return 'ended';
    case 'failed':
      return status.error.code === 'aborted' ? 'ended' : 'failed';
    case 'idle':
      return 'idle';
  }
}

/** The state in a word or two, for the state line. */
export function stateWords(status: CallStatus, s: Strings): string {
  switch (status.state) {
    case 'idle':
      return s.ready;
    case 'connecting':
      return status.phase === 'microphone' ? s.allowMicrophone.title : s.connecting;
    case 'connected':
      if (status.soundBlocked) return s.soundBlocked.title;
      switch (status.activity) {
        case 'speaking':
          return s.speaking;
        case 'thinking':
          return s.thinking;
        case 'listening':
        case 'user-speaking':
          if (status.microphone === 'muted') return s.muted;
          if (status.microphone === 'system-muted') return s.systemMuted.title;
          if (status.microphone === 'lost') return s.microphoneLost;
          if (status.activity === 'user-speaking') return s.youSpeak;
          if (status.interrupted) return s.interrupted;
          return isByText(status.microphone) ? s.textOnly : s.listening;
      }
    case 'reconnecting':
      return s.reconnecting;
    case 'disconnecting':
      return s.hangingUp;
    case 'disconnected':
      return s.ended;
    case 'failed':
      return s.errors[status.error.code].title;
  }
}
