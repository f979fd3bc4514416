/** Options for phone calls by SIP. Types only. */

/** An incoming phone call. The caller controls its headers, so they are not trustworthy. */
export interface IncomingCall {
  /** The call's name in logs. */
  readonly ref: string;
  /** Called number or address, if the headers contain one. */
  readonly to: string | undefined;
  readonly from: string | undefined;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

/** Options of `phone`. */
export interface PhoneOptions {
  /** Secret (`whsec_…`) of the webhook for `realtime.call.incoming`. During a rotation, list both: each is accepted. */
  readonly webhookSecret: string | readonly string[] | undefined;
  /** Profile by called number, written as in the SIP address (`+4930123456`); `*` matches all others. Unlisted numbers are rejected. */
  readonly numbers: Readonly<Record<string, string>>;
  /** Transfer target for callers who ask for a human: `tel:+4930123457` or a `sip:` address. If omitted, the agent has no transfer tool. */
  readonly human?: string;
  /**
   * Instruction for the agent's greeting, such as `Say hello in the name of the shop.` Default: the agent greets according to its
   * instructions. `false`: the caller speaks first.
   */
  readonly greeting?: string | false;
  /** SIP status for unwanted calls, 400–699; default 603 (decline). Calls over a rate or budget get 480; 486 at the concurrency limit. */
  readonly rejectStatus?: number;
  /** Decides whether to accept a call; any result other than `true` rejects it. */
  readonly accept?: (call: IncomingCall) => boolean | Promise<boolean>;
  /** Called when a caller presses a key. */
  readonly onDtmf?: (press: { readonly ref: string; readonly digit: string }) => void;
}
