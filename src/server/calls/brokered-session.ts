/**
 * The initial session of a brokered call: the profile's session plus a token limit for each response.
 * `pinned-session.ts` compares later changes with it.
 */
import { priceOf } from '../contract/price-of.js';
import type { TokenPrices } from '../options.js';
import type { Profile } from '../resolved-options.js';

type Fields = Readonly<Record<string, unknown>>;

/** Maximum tokens of one response, also used for `inf` (`openai` 7.55: 1 to 4096). */
export const MAX_ANSWER_TOKENS = 4_096;

/** The `session` field of `POST /realtime/calls`. */
export function brokeredSession(profile: Profile, prices: Readonly<Record<string, TokenPrices>>): Fields {
  const session: Fields = { type: 'realtime', ...profile.session };
  if (session['type'] !== 'realtime') return session;
  const bound = session['max_output_tokens'] === undefined ? answerBound(profile, priceOf(prices, String(session['model']))) : undefined;
  return bound === undefined ? session : { ...session, max_output_tokens: bound };
}

/**
 * A call with a cap is hung up before the next response could exceed it, so a response without a limit would end the call early.
 * Each response may use one eighth of the cap.
 */
function answerBound({ limits }: Profile, prices: TokenPrices | undefined): number | undefined {
  const dearest = Math.max(prices?.audioOutput ?? 0, prices?.textOutput ?? 0);
  const bounds = [limits.tokens, dearest > 0 && limits.micros !== undefined ? limits.micros / dearest : undefined].filter(
    (bound) => bound !== undefined,
  );
  return bounds.length === 0 ? undefined : Math.max(1, Math.min(MAX_ANSWER_TOKENS, Math.floor(Math.min(...bounds) / 8)));
}
