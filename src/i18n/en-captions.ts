/** English strings for `mode="transcription"`: those of its view, and replacements for strings that mention a conversation. */
import { clock } from './clock.js';
import { enPanel } from './en-panel.js';
import { english } from './english.js';
import type { CaptionStrings, Strings } from './strings.js';

const { errors } = enPanel;
const withoutTyping = (code: keyof typeof errors) => ({ ...errors[code], detail: errors[code].detail.replace(' Or type instead.', '') });

/** All English strings of a widget with `mode="transcription"`. */
export const enCaptions: Strings & CaptionStrings = {
  ...english,
  heading: 'Dictation',
  disclosure: english.captionsDisclosure,
  start: 'Start',
  listening: 'Listening…',
  youSpeak: 'Transcribing…',
  hangingUp: 'Transcribing the last words…',
  ended: 'Stopped',
  textOnly: 'No microphone',

  welcome: 'Speak to see your words here.',
  mutedDetail: 'Transcription is paused.',
  textOnlyDetail: 'Transcription needs a microphone.',
  soundBlocked: { title: 'Paused', detail: 'Your browser needs a tap before it can use audio.' },
  soundSuspended: 'Your browser paused the microphone. Nothing is being transcribed.',
  tapToHear: 'Resume',
  endedDetail: (duration, reason) => {
    const why = {
      user: '',
      page: '',
      removed: '',
      server: ' The service ended the session.',
      idle: ' No one spoke for a while.',
      duration: ' The time limit was reached.',
      budget: ' The usage limit was reached.',
    };
    return `It lasted ${clock(duration)}.${why[reason]}`;
  },
  callAgain: 'Start again',
  errors: {
    ...errors,
    mic_denied: withoutTyping('mic_denied'),
    mic_dismissed: withoutTyping('mic_dismissed'),
    mic_missing: withoutTyping('mic_missing'),
    mic_busy: withoutTyping('mic_busy'),
    mic_unresponsive: withoutTyping('mic_unresponsive'),
    insecure_context: withoutTyping('insecure_context'),
    policy_blocked: withoutTyping('policy_blocked'),
    aborted: { ...errors.aborted, title: 'Cancelled' },
  },

  transcript: 'Captions',
  messages: 'Captions',
  empty: 'What you say appears here.',
  showEarlier: 'Show earlier lines',
  showNewer: 'Show newer lines',
  newMessages: 'New lines',
  toLatest: 'Latest lines',
  transcriptionFailed: 'Could not be understood',
  spokenNoText: '…',

  controls: 'Recording',
  end: 'Stop',

  text: 'Text',
  copy: 'Copy',
  copied: 'Copied.',
  copyRefused: 'Your browser blocked copying. Select the text and copy it.',
  clear: 'Clear',
  cleared: 'Cleared.',
};
