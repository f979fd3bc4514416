/**
 * The words of the widget, as types. `LauncherStrings` travel with the first chunk, `PanelStrings` with the panel.
 * Words with numbers in them are functions, so that each language can bend them as its grammar needs.
 */
import type { ErrorWords } from './error-words.js';

/** What can be read before the panel is loaded. */
export interface LauncherStrings {
  /** Default of the `heading` attribute. */
  readonly heading: string;
  /** Said before the microphone opens, and all the time while a call runs. */
  readonly disclosure: string;
  /** The same with `mode="transcription"`. */
  readonly captionsDisclosure: string;
  readonly start: string;
  readonly typeInstead: string;
  readonly connecting: string;
  readonly failed: string;
  /** A part of the widget's code did not load, for example because the site was updated: what to do. */
  readonly reload: string;
}

/** A cause or a state in words: what is the matter, and what to do about it. */
export interface Words {
  readonly title: string;
  readonly detail: string;
}

/** What is read inside the panel. */
export interface PanelStrings {
  /* The header and the big line that names the state. */
  readonly minimise: string;
  /** A switch: assistive technology announces new turns also while the visitor hears them. */
  readonly announce: string;
  readonly ready: string;
  /** A running call whose panel is minimised. */
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
  /** While the prompt is left unanswered. */
  readonly findPrompt: string;
  readonly connectingDetail: string;
  readonly slow: string;
  readonly connected: string;
  readonly mutedDetail: string;
  readonly textOnlyDetail: string;
  /** The device, the system or another app has muted the microphone. */
  readonly systemMuted: Words;
  /** The title stands for a microphone that went away. */
  readonly microphoneLost: string;
  /** No more sound comes from this device; `''`: it has no name. */
  microphoneGone(device: string): string;
  readonly microphoneSearch: string;
  /** It was the page's own sound: the visitor can do nothing. */
  readonly microphoneOfPage: string;
  microphoneUsed(device: string): string;
  readonly useMicrophone: string;
  readonly soundBlocked: Words;
  /** The browser stopped the sound in both directions. */
  readonly soundSuspended: string;
  readonly tapToHear: string;
  /** The server will end the call, in so many whole seconds. */
  endingSoon(reason: 'duration' | 'idle' | 'budget', seconds: number): string;
  /** Keeps a call from ending for silence. */
  readonly stillHere: string;
  /** The end that was announced does not come; or the controls of the call are elsewhere now. */
  readonly goesOn: string;
  /** The page hid the widget in a call. */
  readonly hiddenMuted: string;
  reconnectingDetail(attempt: number): string;
  /** For the line under "Call ended"; `duration` in milliseconds. */
  endedDetail(duration: number, reason: 'user' | 'page' | 'server' | 'removed' | 'idle' | 'duration' | 'budget'): string;
  readonly callAgain: string;
  /** Clears the transcript of calls that are over. */
  readonly newConversation: string;
  readonly retry: string;
  /** Remaining time before a retry, in whole seconds. */
  retryIn(seconds: number): string;
  readonly errors: Readonly<Record<ErrorWords, Words>>;
  /** Why an answer failed, by the server's name for the cause. The title also marks the part of an answer that came. */
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
  /** Stands between two calls in the transcript. */
  readonly newCall: string;
  readonly answerInterrupted: string;
  readonly answerFailed: string;
  readonly transcriptionFailed: string;
  readonly spokenNoText: string;
  readonly transcribing: string;
  /** Marks a typed turn that waits for the call. */
  readonly notSentYet: string;
  /** Stands for the pictures of a turn, which are not shown. */
  images(count: number): string;
  toolRunning(name: string): string;
  toolDone(name: string): string;
  toolFailed(name: string): string;
  /** Somebody is asked whether it may run. */
  toolWaiting(name: string): string;
  /** It was not allowed. */
  toolDenied(name: string): string;
  /** A tool of a hosted server, as a name in the lines above. */
  toolOf(name: string, server: string): string;
  /** A hosted server did not say which tools it has. */
  toolsFailed(server: string): string;

  /* The text field. */
  readonly messageLabel: string;
  readonly messagePlaceholder: string;
  readonly send: string;
  readonly cannotSend: string;
  readonly sendsLater: string;
  /** How many characters can still be typed; negative: how many are too many. */
  charactersLeft(count: number): string;

  /* The buttons of a running call. */
  readonly controls: string;
  /** A toggle: the same word whether it is on or off. */
  readonly mute: string;
  /** Stands in for Mute during a call by text; short. */
  readonly noMicrophone: string;
  readonly interrupt: string;
  readonly end: string;
  readonly cancel: string;
  readonly duration: string;
  /** On a minimised call: answers that came since. */
  newAnswers(count: number): string;
}

/** What is read when the agent asks whether a tool may run. */
export interface ApprovalStrings {
  title(tool: string): string;
  /** Names the hosted server that would run it. */
  server(name: string): string;
  /** Told once to assistive technology. */
  announce(tool: string): string;
  /** Name of the list of arguments. */
  readonly details: string;
  readonly noDetails: string;
  /** How many arguments are not shown. */
  more(fields: number): string;
  /** How much of one argument is not shown. */
  longer(characters: number): string;
  readonly allow: string;
  readonly deny: string;
  /** Begins the time for the answer anew. */
  readonly moreTime: string;
  /** Announced to assistive technology when the button for more time appears. */
  timeRunsOut(seconds: number): string;
  /** Remaining time, in whole seconds. */
  left(seconds: number): string;
  /** How many questions come after this one. */
  waiting(questions: number): string;
}

/** Everything that the panel's views read. */
export interface Strings extends LauncherStrings, PanelStrings {}

/** What is read in `mode="transcription"` besides. */
export interface CaptionStrings {
  /** Names the group of the buttons below. */
  readonly text: string;
  readonly copy: string;
  readonly copied: string;
  /** The browser refused; what to do instead. */
  readonly copyRefused: string;
  readonly clear: string;
  readonly cleared: string;
}
