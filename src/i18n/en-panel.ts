/** English strings loaded with the panel, for every state. */
import { clock } from './clock.js';
import { enErrors } from './en-errors.js';
import type { PanelStrings } from './strings.js';
import { words } from './words.js';

/** English strings of the panel. */
export const enPanel: PanelStrings = {
  minimise: 'Minimise',
  announce: 'Announce messages',
  ready: 'Ready when you are',
  onCall: 'On call',
  muted: 'Muted',
  listening: 'Listening',
  youSpeak: 'You’re speaking',
  thinking: 'Thinking…',
  speaking: 'Speaking',
  interrupted: 'Interrupted',
  textOnly: 'Text only',
  reconnecting: 'Reconnecting…',
  hangingUp: 'Hanging up…',
  ended: 'Call ended',

  welcome: 'Speak as you would on the phone, or type.',
  allowMicrophone: words('Allow the microphone', 'Choose Allow when your browser asks for access.'),
  findPrompt: 'Look for the prompt near the address bar and choose Allow.',
  connectingDetail: 'One moment.',
  slow: 'This is taking longer than usual. Still trying.',
  connected: 'Connected. Go ahead and speak.',
  mutedDetail: 'The agent can’t hear you.',
  textOnlyDetail: 'Type below to hear and read the answers.',
  systemMuted: words('Muted by your device', 'Check the mute switch, your system settings, and other apps using the microphone.'),
  microphoneLost: 'Microphone lost',
  microphoneGone: (device) => `No sound from ${device ? `“${device}”` : 'your microphone'}.`,
  microphoneSearch: 'Looking for another. If your browser asks, choose Allow.',
  microphoneOfPage: 'This page needs to provide another one.',
  microphoneUsed: (device) => `Now using ${device ? `“${device}”` : 'a microphone'}.`,
  useMicrophone: 'Reconnect microphone',
  soundBlocked: words('Sound is off', 'Your browser needs a tap before it can play sound.'),
  soundSuspended: 'Your browser paused the sound. The agent can’t hear you either.',
  tapToHear: 'Tap to hear',
  endingSoon: (reason, seconds) => {
    const when = `This call ends in ${seconds === 1 ? '1 second' : `${seconds} seconds`}.`;
    if (reason === 'idle') return `Are you still there? ${when}`;
    return reason === 'budget' ? `${when} It’s close to its usage limit.` : when;
  },
  stillHere: 'I’m still here',
  goesOn: 'Your call is still active.',
  hiddenMuted: 'Microphone muted while out of view',
  reconnectingDetail: (attempt) => (attempt > 1 ? `The connection was lost. Attempt ${attempt}.` : 'The connection was lost.'),
  endedDetail: (duration, reason) => {
    const why = {
      user: '',
      page: '',
      removed: '',
      server: ' The agent ended the call.',
      idle: ' No one spoke for a while.',
      duration: ' The call reached its time limit.',
      budget: ' The call reached its usage limit.',
    };
    return `It lasted ${clock(duration)}.${why[reason]}`;
  },
  callAgain: 'Call again',
  newConversation: 'New conversation',
  retry: 'Try again',
  retryIn: (seconds) => `in ${seconds < 100 ? `${seconds} s` : clock(seconds * 1000)}`,
  errors: enErrors,
  causes: {
    content_filter: words('Stopped by a content filter', 'Try rephrasing your question.'),
    max_output_tokens: words('The answer was too long', 'Ask for a shorter one.'),
    rate_limit_exceeded: words('The voice service is busy', 'Wait a moment, then ask again.'),
  },

  transcript: 'Transcript',
  messages: 'Messages',
  empty: 'Your conversation appears here.',
  you: 'You',
  agent: 'Agent',
  system: 'Note',
  showEarlier: 'Show earlier messages',
  showNewer: 'Show newer messages',
  newMessages: 'New messages',
  toLatest: 'Latest messages',
  newCall: 'New call. The agent can’t see the messages above.',
  answerInterrupted: 'Interrupted',
  answerFailed: 'Answer cut short',
  transcriptionFailed: 'Could not be transcribed',
  spokenNoText: 'Spoken message',
  transcribing: 'Transcribing…',
  notSentYet: 'Not sent yet',
  images: (count) => (count === 1 ? 'Image' : `${count} images`),
  toolRunning: (name) => `Using ${name}…`,
  toolDone: (name) => `Used ${name}`,
  toolFailed: (name) => `${name} failed`,
  toolWaiting: (name) => `${name} needs your approval`,
  toolDenied: (name) => `${name} was denied`,
  toolOf: (name, server) => `${name} (${server})`,
  toolsFailed: (server) => `Tools from ${server} are unavailable`,

  messageLabel: 'Message',
  messagePlaceholder: 'Type a message',
  send: 'Send',
  cannotSend: 'You can’t send messages right now.',
  sendsLater: 'Sent once the call is connected.',
  charactersLeft: (count) => {
    const characters = Math.abs(count) === 1 ? '1 character' : `${Math.abs(count)} characters`;
    return count < 0 ? `${characters} too many` : `${characters} left`;
  },

  controls: 'Call controls',
  mute: 'Mute',
  noMicrophone: 'No mic',
  interrupt: 'Interrupt',
  end: 'End call',
  cancel: 'Cancel',
  duration: 'Duration',
  newAnswers: (count) => (count === 1 ? '1 new answer' : `${count} new answers`),
};
