/**
 * Who asks: the hook in which the owner's own knowledge of a visitor, or a challenge, comes in. Adapters: `turnstile.ts`,
 * `visitor-token.ts`.
 */

/** What a check says. */
export type VisitorVerdict =
  /** `subject` names the visitor, for limits and the keyed hash; without one they are told apart by address alone. */
  | { readonly ok: true; readonly subject?: string }
  /** `reason` is for the owner's log. */
  | { readonly ok: false; readonly reason: string; /** True when asking again with a new proof can help: 401 instead of 403. */ readonly retry?: boolean };

/** Thrown by a check that cannot tell at the moment; the message is for the owner's log and holds no proof. */
export class VisitorUncheckedError extends Error {
  override readonly name = 'VisitorUncheckedError';
}

/** What a check may use besides the request. */
export interface VisitorCheckContext {
  /** The visitor's network address, as far as the configured proxies tell it. */
  readonly address: string | undefined;
  readonly origin: string | undefined;
  readonly profile: string;
  /** Ends when the visitor leaves. */
  readonly signal: AbortSignal;
  /** True for the first time that this proof is shown, within so many seconds, in all processes. */
  once(proof: string, seconds: number): Promise<boolean>;
}

/**
 * Decides about one request for a key or a call. The proof is in `Authorization: Bearer …`, which the element's `visitorToken`
 * sends, or wherever the site puts it. One that throws refuses, with 503.
 */
export interface VisitorCheck {
  (request: Request, context: VisitorCheckContext): VisitorVerdict | Promise<VisitorVerdict>;
  /** True where it reads a cookie: pages of other allowed origins may then send theirs. */
  readonly credentials?: boolean;
}
