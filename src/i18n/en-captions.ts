/** English for `mode="transcription"`: the words of its view, and other words where the panel speaks of a conversation. */
import { clock } from './clock.js';
import { enPanel } from './en-panel.js';
import { english } from './english.js';
import type { CaptionStrings, Strings } from './strings.js';

const { errors } = enPanel;
const withoutTyping = (code: keyof typeof errors) => ({ ...errors[code], detail: errors[code].detail.replace(' Or type instead.', '') });

/** All English words of a widget that writes down what is said. */
export const englishCaptions: Strings & CaptionStrings = {
  ...english,
  heading: 'Write by voice',
  disclosure: english.captionsDisclosure,
  start: 'Start',
  listening: 'Listening…',
  youSpeak: 'Writing down…',
  hangingUp: 'Writing down the last words…',
  ended: 'Stopped',
  textOnly: 'No microphone',

  welcome: 'Speak, and read it here.',
  mutedDetail: 'Nothing is written down.',
  textOnlyDetail: 'Nothing can be written down without one.',
  soundBlocked: { title: 'Paused', detail: 'Your browser waits for a tap before it uses sound.' },
  soundSuspended: 'Your browser has stopped the microphone: nothing is written down.',
  tapToHear: 'Go on',
  endedDetail: (duration, reason) => {
    const why = {
      user: '',
      page: '',
      removed: '',
      server: ' The service hung up.',
      idle: ' Nobody spoke for a while.',
      duration: ' It takes no longer here.',
      budget: ' It has used all that it may.',
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
  copyRefused: 'The browser did not allow it. Select the text and copy it.',
  clear: 'Clear',
  cleared: 'Cleared.',
};
