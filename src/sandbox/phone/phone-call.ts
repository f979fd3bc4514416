/** Phone calls from the caller's side: dialling, webhook forgeries, speech, keys and received audio. Types only. */
import type { EndReason, SandboxCall } from '../call/sandbox-call.js';
import type { LevelSample } from '../media/recording.js';

/** Audio from the caller: text to speak, a pause in milliseconds, a WAV file, or 24 kHz mono PCM. */
export type PhoneSound = string | number | Uint8Array | Int16Array;

/** A header of the SIP INVITE. */
export interface SipHeader {
  name: string;
  value: string;
}

/** How the webhook of a call differs from what OpenAI would send. Without any field, the webhook is valid. */
export interface WebhookForgery {
  /** Sends the webhook to another URL. */
  url?: string;
  /** `webhook-id`; defaults to that of the call's first webhook, as in a retry. */
  id?: string;
  /** Event type, default `realtime.call.incoming`. */
  type?: string;
  /** Offset of the sender's clock in seconds; negative values are behind. */
  skewSeconds?: number;
  /** Signing secrets, one signature each; defaults to the call's secret. Empty: no signature. */
  signedWith?: readonly string[];
  /** Body to send instead of the event; it is signed. */
  body?: string;
  /** Changes the body after signing. */
  alter?: (signed: string) => string;
  /** Additional or overriding headers. */
  headers?: Readonly<Record<string, string>>;
}

/** A phone call to be placed. */
export interface PhoneCallOptions {
  /** Called number, or the whole value of the `To` header if it has a scheme (`sip:…`, `"Shop" <sip:…>`). */
  to: string;
  /** Calling number, in the format of `to`; default `+4915112345678`. */
  from?: string;
  /** URL that receives the webhook. */
  webhookUrl: string;
  /** The webhook's secret, `whsec_…`. */
  secret: string;
  /** Additional SIP headers; `To`, `From` and `Call-ID` replace the default ones. */
  headers?: readonly SipHeader[];
  /** What the caller says as soon as the call is answered. */
  audio?: PhoneSound | readonly PhoneSound[];
  /** Keys that the caller presses after `audio`: `0`–`9`, `*`, `#`, `A`–`D`. */
  keys?: string;
  /** Seconds the caller lets it ring, default 30. */
  ringSeconds?: number;
  webhook?: WebhookForgery;
}

/** The response of a webhook's receiver. */
export interface WebhookAnswer {
  /** HTTP status; `undefined` if there was no response. */
  readonly status: number | undefined;
  /** Up to 64 KB of the body; without a response, the reason. */
  readonly body: string;
}

/**
 * How a phone call ended: the caller hung up (`caller`), it was rejected with a SIP status, it was referred to another
 * address, it was not accepted in time (`unanswered`), or for a reason that any call can have.
 */
export type PhoneEnd =
  | { readonly by: 'rejected'; readonly status: number }
  | { readonly by: 'referred'; readonly target: string }
  | { readonly by: 'caller' | 'unanswered' | Exclude<EndReason, 'client-closed' | 'never-connected' | 'referred'> };

/** A placed call, from the caller's side. */
export interface PhoneCall {
  /** The call id of the webhook, `rtc_…`. */
  readonly id: string;
  readonly to: string;
  readonly from: string;
  readonly state: 'ringing' | 'talking' | 'ended';
  /** The response to the first webhook. */
  readonly delivered: Promise<WebhookAnswer>;
  /** The call on the server side, once accepted; rejects if the call ends before that. */
  readonly answered: Promise<SandboxCall>;
  /** Resolves when the call has ended. */
  readonly ended: Promise<PhoneEnd>;
  /** The value of `ended`, once known. */
  readonly end: PhoneEnd | undefined;
  /** Keys pressed so far. */
  readonly pressed: string;
  /** Sends the webhook again: by default a retry of the first one with the current time. */
  deliver(forgery?: WebhookForgery): Promise<WebhookAnswer>;
  /** Says something; resolves when it was said or the call has ended. @throws WavError for an unusable file */
  say(audio: PhoneSound | readonly PhoneSound[]): Promise<void>;
  /** Presses keys. @throws TypeError for invalid keys, and if the call has not been answered */
  press(keys: string): void;
  /** Hangs up, or stops ringing. */
  hangUp(): void;
  /** Level of every 20 ms frame that the caller heard. */
  readonly levels: readonly LevelSample[];
  /** The audio the caller heard since a time (milliseconds since the epoch): 24 kHz mono PCM, in G.711 quality. */
  heard(options?: { since?: number }): Int16Array;
  /** Mean level of that audio in dBFS; −100 means silence or no audio. */
  heardLevel(options?: { since?: number }): number;
  /** Time of the first frame with sound since `after`. @throws SandboxTimeout */
  waitForSound(options?: { after?: number; timeoutMs?: number }): Promise<number>;
  /** Waits for `ms` (default 500) of silence since `after`. @throws SandboxTimeout */
  waitForSilence(options?: { after?: number; ms?: number; timeoutMs?: number }): Promise<number>;
}
