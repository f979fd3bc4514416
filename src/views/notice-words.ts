/** What a status has to say beside its name, and what can be done about it. Pure but for the clock: `notice.ts` shows it. */
import type { CallStatus, ErrorCode, VoiceAgentError } from '../contract/index.js';
import type { Strings } from '../i18n/strings.js';

/** What a notice offers. */
export type NoticeAction = 'start' | 'retry' | 'again' | 'type' | 'hear';

/** One notice. */
export interface NoticeWords {
  /** For the eye; the name of the state stands above it. */
  readonly detail: string;
  /** Told once to assistive technology, politely; errors are told by their alert instead. */
  readonly announce: string;
  readonly actions: readonly NoticeAction[];
}

/** Causes after which the visitor can go on by typing. */
const TYPING_HELPS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'mic_denied',
  'mic_dismissed',
  'mic_missing',
  'mic_busy',
  'insecure_context',
  'policy_blocked',
]);

/** Whole seconds until a moment of `performance.now()`. */
export const secondsTo = (at: number): number => Math.max(0, Math.ceil((at - performance.now()) / 1000));

const quiet = (announce = ''): NoticeWords => ({ detail: '', announce, actions: [] });
const line = (title: string, detail: string, ...actions: NoticeAction[]): NoticeWords => ({
  detail,
  announce: `${title}${/\p{P}$/u.test(title) ? '' : '.'} ${detail}`,
  actions,
});

/** The words for an error, with the things one can do about it. */
export function errorActions(error: VoiceAgentError): readonly NoticeAction[] {
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
      if (status.ending) {
        const { reason, seconds } = status.ending;
        return { ...quiet(s.endingSoon(reason, seconds)), detail: s.endingSoon(reason, secondsTo(status.ending.at)), actions: status.soundBlocked ? ['hear'] : [] };
      }
      if (status.soundBlocked) return line(s.soundBlocked.title, s.soundBlocked.detail, 'hear');
      if (status.microphone === 'muted') return { ...quiet(s.muted), detail: s.mutedDetail };
      if (status.microphone === 'live') return quiet(status.ending === null ? s.goesOn : s.connected);
      return line(s.textOnly, s.textOnlyDetail);
    case 'reconnecting':
      return line(s.reconnecting, s.reconnectingDetail(status.attempt));
    case 'disconnecting':
      return quiet();
    case 'disconnected':
      return line(s.ended, s.endedDetail(status.duration, status.reason), 'again');
  }
}
