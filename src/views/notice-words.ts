/** The details and actions for a status, shown by `notice.ts`. Pure, except for the current time. */
import type { CallStatus, ErrorCode, MicrophoneChange, StatusOf, VoiceAgentError } from '../contract/index.js';
import type { Strings } from '../i18n/strings.js';
import { stateWords } from './visual-state.js';

/** Actions of a notice. */
export type NoticeAction = 'start' | 'retry' | 'again' | 'type' | 'hear' | 'microphone' | 'reload' | 'clear' | 'stay';

/** One notice. */
export interface NoticeWords {
  /** The visible text; the name of the state is shown above it. */
  readonly detail: string;
  /** Announced politely and once to assistive technology; errors are announced by their alert instead. */
  readonly announce: string;
  readonly actions: readonly NoticeAction[];
}

/** Errors after which the visitor can continue by typing. */
const TYPING_HELPS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'mic_denied',
  'mic_dismissed',
  'mic_missing',
  'mic_busy',
  'mic_unresponsive',
  'insecure_context',
  'policy_blocked',
]);

/** Whole seconds until a time of `performance.now()`. */
export const secondsTo = (at: number): number => Math.max(0, Math.ceil((at - performance.now()) / 1000));

const quiet = (announce = ''): NoticeWords => ({ detail: '', announce, actions: [] });
const line = (title: string, detail: string, ...actions: NoticeAction[]): NoticeWords => ({
  detail,
  announce: `${title}${/\p{P}$/u.test(title) ? '' : '.'} ${detail}`,
  actions,
});

/** The actions for an error. */
export function errorActions(error: VoiceAgentError): readonly NoticeAction[] {
  if (error.code === 'load_failed') return ['reload'];
  return TYPING_HELPS.has(error.code) ? ['retry', 'type'] : ['retry'];
}

/** The notice for a status without an error. */
export function noticeWords(status: Exclude<CallStatus, { state: 'failed' }>, s: Strings): NoticeWords {
  switch (status.state) {
    case 'idle':
      return { detail: s.welcome, announce: '', actions: ['start', 'type'] };
    case 'connecting':
      if (status.phase === 'microphone') {
        return line(s.allowMicrophone.title, status.slow ? s.findPrompt : s.allowMicrophone.detail);
      }
      return line(s.connecting, status.slow ? s.slow : s.connectingDetail);
    case 'connected':
      return { ...connectedWords(status, s), actions: remedies(status) };
    case 'reconnecting':
      return line(s.reconnecting, s.reconnectingDetail(status.attempt));
    case 'disconnecting':
      return quiet();
    case 'disconnected':
      return line(s.ended, s.endedDetail(status.duration, status.reason), 'again');
  }
}

/** Whether the notice begins with the name of the state, so that the state is not read twice. `error` as in `notice.ts`. */
export function namesState(status: CallStatus, error: VoiceAgentError | undefined, s: Strings): boolean {
  if (status.state === 'failed') return true;
  const lost = status.state === 'connected' && status.microphone === 'lost';
  return (!error || lost) && noticeWords(status, s).announce.startsWith(stateWords(status, s));
}

type Connected = StatusOf<'connected'>;

/** Actions that keep an idle call alive or restore its audio. */
function remedies({ ending, soundBlocked, microphone, microphoneChange: change }: Connected): readonly NoticeAction[] {
  const lost = microphone === 'lost' && !change?.given;
  return [
    ...(ending?.reason === 'idle' ? (['stay'] as const) : []),
    ...(soundBlocked ? (['hear'] as const) : []),
    ...(lost ? (['microphone'] as const) : []),
  ];
}

function connectedWords(status: Connected, s: Strings): NoticeWords {
  const { ending, microphone, microphoneChange: change } = status;
  if (ending) return { ...quiet(s.endingSoon(ending.reason, ending.seconds)), detail: s.endingSoon(ending.reason, secondsTo(ending.at)) };
  if (status.soundBlocked) return line(s.soundBlocked.title, microphone === 'suspended' ? s.soundSuspended : s.soundBlocked.detail);
  const words = microphoneWords(status, s);
  if (change?.used === undefined) return words;
  const gone = change.used === change.lost ? '' : s.microphoneGone(change.lost);
  const text = [gone, s.microphoneUsed(change.used), words.detail].filter(Boolean).join(' ');
  return { ...quiet(text), detail: text };
}

function microphoneWords({ ending, microphone, microphoneChange: change }: Connected, s: Strings): NoticeWords {
  switch (microphone) {
    case 'lost':
      return line(s.microphoneLost, `${s.microphoneGone(change?.lost ?? '')} ${lostRemedy(change, s)}`);
    case 'muted':
      return { ...quiet(s.muted), detail: s.mutedDetail };
    case 'system-muted':
      return line(s.systemMuted.title, s.systemMuted.detail);
    case 'live':
    case 'suspended':
      return quiet(ending === null ? s.goesOn : s.connected);
    case 'off':
    case 'unavailable':
      return line(s.textOnly, s.textOnlyDetail);
  }
}

function lostRemedy(change: MicrophoneChange | undefined, s: Strings): string {
  if (change?.given) return s.microphoneOfPage;
  if (change && !change.error) return s.microphoneSearch;
  return s.errors[change?.error?.code ?? 'mic_missing'].detail;
}
