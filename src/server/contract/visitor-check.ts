/**
 * The hook with which the owner verifies visitors, by a login or a challenge. Adapters: `turnstile.ts`, `visitor-token.ts`.
 */

/** Result of a check. */
export type VisitorVerdict =
  /**
   * `subject` identifies the visitor for limits and the keyed hash; without it, the network address is used. `proof` identifies a proof
   * that may be shown again, so that it does not open several calls at once; only used without `subject`.
   */
  | { readonly ok: true; readonly subject?: string; readonly proof?: string }
  /** `reason` is for the owner's log. */
  | {
      readonly ok: false;
      readonly reason: string;
      /** True if a retry with a new proof can help: 401 instead of 403. */ readonly retry?: boolean;
    };

/** Thrown by a check that is currently unavailable. The message is for the owner's log and must not contain the proof. */
export class VisitorUncheckedError extends Error {
  override readonly name = 'VisitorUncheckedError';
}

/** Context of a check, besides the request. */
export interface VisitorCheckContext {
  /** The visitor's network address, as reported by the trusted proxies. */
  readonly address: string | undefined;
  readonly origin: string | undefined;
  readonly profile: string;
  /** Aborts when the visitor leaves. */
  readonly signal: AbortSignal;
  /** True for the first use of this proof within `seconds`, across all processes. */
  once(proof: string, seconds: number): Promise<boolean>;
}

/**
 * Accepts or rejects one request for a key or a call. The proof is in `Authorization: Bearer …`, as sent by the element's
 * `visitorToken`, or wherever the site puts it. If the check throws, the request is rejected with 503.
 */
export interface VisitorCheck {
  (request: Request, context: VisitorCheckContext): VisitorVerdict | Promise<VisitorVerdict>;
  /** True if it reads a cookie: cross-origin requests from allowed origins may then include cookies. */
  readonly credentials?: boolean;
  /**
   * The proof that it reads from a request, `undefined` if there is none. Later requests about a call with the proof that started the
   * call need no further check. Default: the token in `Authorization: Bearer …`; override it if the proof is somewhere else.
   */
  proofOf?(request: Request): string | undefined;
}
