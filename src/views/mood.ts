/** Which face the widget shows for a status, and its word. Pure; shared by the views that show either. */
import type { CallStatus } from '../contract/index.js';
import type { Strings } from '../i18n/strings.js';

/** The faces of the bloom. */
export type Mood =
  | 'idle'
  | 'connecting'
  | 'listening'
  | 'user-speaking'
  | 'thinking'
  | 'speaking'
  | 'muted'
  | 'ended'
  | 'failed';

/** Muted shows only while it matters: when it would be the visitor's turn. */
export function moodOf(status: CallStatus): Mood {
  switch (status.state) {
    case 'connecting':
    case 'reconnecting':
      return 'connecting';
    case 'connected':
      if (status.microphone === 'muted' && (status.activity === 'listening' || status.activity === 'user-speaking')) return 'muted';
      return status.activity;
    case 'disconnecting':
    case 'disconnected':
      return 'ended';
    case 'failed':
      return status.error.code === 'aborted' ? 'ended' : 'failed';
    case 'idle':
      return 'idle';
  }
}

/** The state in a word or two, for the eye. */
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
          if (status.activity === 'user-speaking') return s.youSpeak;
          if (status.interrupted) return s.interrupted;
          return status.microphone === 'unavailable' || status.microphone === 'off' ? s.textOnly : s.listening;
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
