/** Phone calls by SIP, as the owner of a site sets them up. Types only. */

/** One phone call that asks to be taken. Its headers were sent by whoever calls: they are claims, not facts. */
export interface IncomingCall {
  /** For logs. */
  readonly ref: string;
  /** Number or address that was called, as far as the headers tell. */
  readonly to: string | undefined;
  readonly from: string | undefined;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

/** Options of `phone`. */
export interface PhoneOptions {
  /** `whsec_…`, of the webhook for `realtime.call.incoming`. */
  readonly webhookSecret: string | undefined;
  /** Profile by called number, written as in the SIP address (`+4930123456`); `*` for all others. Left out numbers are rejected. */
  readonly numbers: Readonly<Record<string, string>>;
  /** Where callers who ask for a human are referred to: `tel:+4930123457` or a `sip:` address. Left out: no such tool is there. */
  readonly human?: string;
  /**
   * What the agent opens with, as an instruction to it: `Say hello in the name of the shop.` Default: as its instructions say; `false`:
   * the caller speaks first.
   */
  readonly greeting?: string | false;
  /** SIP status of calls that are not wanted, 400–699; default 603 (decline). Calls that are not paid for get 480, and 486 while all lines are busy. */
  readonly rejectStatus?: number;
  /** Decides about one call before it is taken; anything but `true` rejects it. */
  readonly accept?: (call: IncomingCall) => boolean | Promise<boolean>;
  /** Told when a caller presses a key. */
  readonly onDtmf?: (press: { readonly ref: string; readonly digit: string }) => void;
}
