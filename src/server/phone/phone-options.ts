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
  /** SIP status of a rejection, default 603. */
  readonly rejectStatus?: number;
  /** Decides about one call before it is taken; `false` rejects it. */
  readonly accept?: (call: IncomingCall) => boolean | Promise<boolean>;
  /** Told when a caller presses a key. */
  readonly onDtmf?: (press: { readonly ref: string; readonly digit: string }) => void;
}
