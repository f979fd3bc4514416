/**
 * Types of the widget's strings. `LauncherStrings` are part of the first chunk, `PanelStrings` of the panel's.
 * Strings with numbers are functions, so that each language can apply its own plural rules.
 */
import type { enErrors } from './en-errors.js';
import type { Words } from './words.js';

/** Strings that are shown before the panel is loaded. */
export interface LauncherStrings {
  /** Default of the `heading` attribute. */
  readonly heading: string;
  /** Shown before the microphone opens and throughout a call. */
  readonly disclosure: string;
  /** Same, for `mode="transcription"`. */
  readonly captionsDisclosure: string;
  readonly start: string;
  readonly typeInstead: string;
  readonly connecting: string;
  readonly failed: string;
  /** Action for when part of the widget's code failed to load, for example because the site was updated. */
  readonly reload: string;
}

/** Strings of the panel. */
export interface PanelStrings {
  /* The header and the large state line. */
  readonly minimise: string;
  /** Switch: assistive technology announces new turns even while the visitor hears them. */
  readonly announce: string;
  readonly ready: string;
  /** State of an active call whose panel is minimised. */
  readonly onCall: string;
  readonly muted: string;
  readonly listening: string;
  readonly youSpeak: string;
  readonly thinking: string;
  readonly speaking: string;
  readonly interrupted: string;
  readonly textOnly: string;
  readonly reconnecting: string;
  readonly hangingUp: string;
  readonly ended: string;

  /* Notices. */
  readonly welcome: string;
  readonly allowMicrophone: Words;
  /** Shown when the prompt stays unanswered. */
  readonly findPrompt: string;
  readonly connectingDetail: string;
  readonly slow: string;
  readonly connected: string;
  readonly mutedDetail: string;
  readonly textOnlyDetail: string;
  /** The device, the system or another app has muted the microphone. */
  readonly systemMuted: Words;
  /** Title for a microphone that was disconnected. */
  readonly microphoneLost: string;
  /** This device stopped delivering audio; `''` if it has no name. */
  microphoneGone(device: string): string;
  readonly microphoneSearch: string;
  /** The page supplied the audio, so there is nothing the visitor can do. */
  readonly microphoneOfPage: string;
  microphoneUsed(device: string): string;
  readonly useMicrophone: string;
  readonly soundBlocked: Words;
  /** The browser suspended audio in both directions. */
  readonly soundSuspended: string;
  readonly tapToHear: string;
  /** The server will end the call in this many whole seconds. */
  endingSoon(reason: 'duration' | 'idle' | 'budget', seconds: number): string;
  /** Button that keeps the call from ending for inactivity. */
  readonly stillHere: string;
  /** The announced end was withdrawn, or the call's controls moved to the call bar. */
  readonly goesOn: string;
  /** The page hid the widget during a call. */
  readonly hiddenMuted: string;
  reconnectingDetail(attempt: number): string;
  /** The line below "Call ended"; `duration` is in milliseconds. */
  endedDetail(duration: number, reason: 'user' | 'page' | 'server' | 'removed' | 'idle' | 'duration' | 'budget'): string;
  readonly callAgain: string;
  /** Button that clears the transcript of previous calls. */
  readonly newConversation: string;
  readonly retry: string;
  /** Remaining time before a retry, in whole seconds. */
  retryIn(seconds: number): string;
  readonly errors: Readonly<Record<keyof typeof enErrors, Words>>;
  /** Why an answer failed, by the server's name for the cause. The title also marks the partial answer in the transcript. */
  readonly causes: Readonly<Record<string, Words>>;

  /* The transcript. */
  readonly transcript: string;
  readonly messages: string;
  readonly empty: string;
  readonly you: string;
  readonly agent: string;
  readonly system: string;
  readonly showEarlier: string;
  readonly showNewer: string;
  readonly newMessages: string;
  readonly toLatest: string;
  /** Divider between two calls in the transcript. */
  readonly newCall: string;
  readonly answerInterrupted: string;
  readonly answerFailed: string;
  readonly transcriptionFailed: string;
  readonly spokenNoText: string;
  readonly transcribing: string;
  /** Marks a typed turn that is sent once the call is connected. */
  readonly notSentYet: string;
  /** Placeholder for the images of a turn, which are not shown. */
  images(count: number): string;
  toolRunning(name: string): string;
  toolDone(name: string): string;
  toolFailed(name: string): string;
  /** Waiting for approval. */
  toolWaiting(name: string): string;
  /** Not approved. */
  toolDenied(name: string): string;
  /** Name of a tool of a hosted server, used in the strings above. */
  toolOf(name: string, server: string): string;
  /** A hosted server could not list its tools. */
  toolsFailed(server: string): string;

  /* The text field. */
  readonly messageLabel: string;
  readonly messagePlaceholder: string;
  readonly send: string;
  readonly cannotSend: string;
  readonly sendsLater: string;
  /** Remaining characters; negative if the limit is exceeded. */
  charactersLeft(count: number): string;

  /* The buttons of an active call. */
  readonly controls: string;
  /** Toggle: the same label whether it is on or off. */
  readonly mute: string;
  /** Replaces Mute during a text-only call; short. */
  readonly noMicrophone: string;
  readonly interrupt: string;
  readonly end: string;
  readonly cancel: string;
  readonly duration: string;
  /** New answers since the call was minimised. */
  newAnswers(count: number): string;
}

/** Strings of an approval request for a tool. */
export interface ApprovalStrings {
  title(tool: string): string;
  /** Names the hosted server that would run it. */
  server(name: string): string;
  /** Announced once to assistive technology. */
  announce(tool: string): string;
  /** Label of the list of arguments. */
  readonly details: string;
  readonly noDetails: string;
  /** Number of arguments that are not shown. */
  more(fields: number): string;
  /** Number of characters of an argument that are not shown. */
  longer(characters: number): string;
  readonly allow: string;
  readonly deny: string;
  /** Restarts the time limit. */
  readonly moreTime: string;
  /** Announced to assistive technology when the "More time" button appears. */
  timeRunsOut(seconds: number): string;
  /** Remaining time, in whole seconds. */
  left(seconds: number): string;
  /** Number of requests after this one. */
  waiting(questions: number): string;
}

/** All strings of the panel's views. */
export interface Strings extends LauncherStrings, PanelStrings {}

/** Additional strings of `mode="transcription"`. */
export interface CaptionStrings {
  /** Label of the group of the buttons below. */
  readonly text: string;
  readonly copy: string;
  readonly copied: string;
  /** The browser blocked copying; what to do instead. */
  readonly copyRefused: string;
  readonly clear: string;
  readonly cleared: string;
}
