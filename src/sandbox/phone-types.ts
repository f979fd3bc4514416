/** Phone calls as the caller's side sees them: what a test dials, forges, says, presses and hears. Types only. */
import type { EndReason, SandboxCall } from './call-types.js';
import type { LevelSample } from './recording.js';

/** What a caller lets be heard: words to speak, a pause in milliseconds, a WAV file, or 24 kHz mono PCM. */
export type PhoneSound = string | number | Uint8Array | Int16Array;

/** A header of the SIP INVITE. */
export interface SipHeader {
  name: string;
  value: string;
}

/** How the webhook of a call is sent otherwise than OpenAI would send it. Without any of it, it is right. */
export interface WebhookForgery {
  /** Sends it elsewhere. */
  url?: string;
  /** `webhook-id`; default that of the call's first webhook, as in a repetition. */
  id?: string;
  /** Type of the event, default `realtime.call.incoming`. */
  type?: string;
  /** What the sender's clock is ahead, in seconds; negative: behind. */
  skewSeconds?: number;
  /** Secrets that sign, each with a signature of its own; default the call's. Empty: no signature. */
  signedWith?: readonly string[];
  /** The body in place of the event; it is signed. */
  body?: string;
  /** Makes of the signed body what is sent. */
  alter?: (signed: string) => string;
  /** More headers, or others. */
  headers?: Readonly<Record<string, string>>;
}

/** One phone call to be placed. */
export interface PhoneCallOptions {
  /** Number that is called, or the whole value of the `To` header when it has a scheme (`sip:…`, `"Shop" <sip:…>`). */
  to: string;
  /** Number that calls, as `to`; default `+4915112345678`. */
  from?: string;
  /** Where the webhook goes. */
  webhookUrl: string;
  /** The webhook's secret, `whsec_…`. */
  secret: string;
  /** More SIP headers; one of the name `To`, `From` or `Call-ID` takes that one's place. */
  headers?: readonly SipHeader[];
  /** What the caller says as soon as somebody answers. */
  audio?: PhoneSound | readonly PhoneSound[];
  /** Keys that the caller presses after `audio`: `0`–`9`, `*`, `#`, `A`–`D`. */
  keys?: string;
  /** Seconds that the caller lets it ring, default 30. */
  ringSeconds?: number;
  webhook?: WebhookForgery;
}

/** What the receiver of a webhook answered. */
export interface WebhookAnswer {
  /** HTTP status; `undefined` when there was no answer. */
  readonly status: number | undefined;
  /** Up to 64 KB of the body; of no answer the reason. */
  readonly body: string;
}

/**
 * How a phone call ended: the caller hung up (`caller`), it was rejected with a SIP status, referred to somebody else,
 * nobody took it (`unanswered`), or as any call can end.
 */
export type PhoneEnd =
  | { readonly by: 'rejected'; readonly status: number }
  | { readonly by: 'referred'; readonly target: string }
  | { readonly by: 'caller' | 'unanswered' | Exclude<EndReason, 'client-closed' | 'never-connected' | 'referred'> };

/** One placed call, from the caller's side. */
export interface PhoneCall {
  /** The call id of the webhook, `rtc_…`. */
  readonly id: string;
  readonly to: string;
  readonly from: string;
  readonly state: 'ringing' | 'talking' | 'ended';
  /** What the first webhook's receiver answered. */
  readonly delivered: Promise<WebhookAnswer>;
  /** The call as the server sees it, once it was accepted; rejects when the call ends before. */
  readonly answered: Promise<SandboxCall>;
  /** Resolves when the call is over. */
  readonly ended: Promise<PhoneEnd>;
  /** The same, once known. */
  readonly end: PhoneEnd | undefined;
  /** Keys that were pressed so far. */
  readonly pressed: string;
  /** Sends the webhook once more: by default a repetition of the first one at the present time. */
  deliver(forgery?: WebhookForgery): Promise<WebhookAnswer>;
  /** Says something; resolves when it was said, or the call is over. @throws WavError for an unusable file */
  say(audio: PhoneSound | readonly PhoneSound[]): Promise<void>;
  /** Presses keys. @throws TypeError for what is no key, and where nobody answered */
  press(keys: string): void;
  /** Ends the call, or stops to let it ring. */
  hangUp(): void;
  /** Level of every 20 ms that the caller heard. */
  readonly levels: readonly LevelSample[];
  /** What the caller heard since a time (milliseconds since the epoch): 24 kHz mono PCM, in the quality of G.711. */
  heard(options?: { since?: number }): Int16Array;
  /** Mean level of that in dBFS; −100 is silence or nothing. */
  heardLevel(options?: { since?: number }): number;
  /** Time of the first 20 ms with sound since `after`. @throws SandboxTimeout */
  waitForSound(options?: { after?: number; timeoutMs?: number }): Promise<number>;
  /** Waits until nothing was heard for `ms` (500) since `after`. @throws SandboxTimeout */
  waitForSilence(options?: { after?: number; ms?: number; timeoutMs?: number }): Promise<number>;
}
