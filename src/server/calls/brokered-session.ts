/**
 * The session that a brokered call begins with: the profile's, with a bound for each answer. It is what
 * `pinned-session.ts` holds the call to.
 */
import type { Profile, TokenPrices } from '../options.js';

type Fields = Readonly<Record<string, unknown>>;

/** The most tokens of one answer, whatever `inf` stands for (`openai` 7.55: 1 to 4096). */
export const MOST_ANSWER_TOKENS = 4_096;

/** The `session` of `POST /realtime/calls`. */
export function brokeredSession(profile: Profile, prices: Readonly<Record<string, TokenPrices>>): Fields {
  const session: Fields = { type: 'realtime', ...profile.session };
  if (session['type'] !== 'realtime') return session;
  const bound = session['max_output_tokens'] === undefined ? answerBound(profile, prices[String(session['model'])]) : undefined;
  return bound === undefined ? session : { ...session, max_output_tokens: bound };
}

/**
 * A call with a cap is hung up while its next answer still fits, so that an answer without a bound would end it early: each
 * may have an eighth of the cap.
 */
function answerBound({ limits }: Profile, prices: TokenPrices | undefined): number | undefined {
  const dearest = Math.max(prices?.audioOutput ?? 0, prices?.textOutput ?? 0);
  const bounds = [limits.tokens, dearest > 0 && limits.micros !== undefined ? limits.micros / dearest : undefined].filter((bound) => bound !== undefined);
  return bounds.length === 0 ? undefined : Math.max(1, Math.min(MOST_ANSWER_TOKENS, Math.floor(Math.min(...bounds) / 8)));
}
