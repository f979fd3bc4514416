/**
 * The webhook `realtime.call.incoming`: its body, its Standard Webhooks signature (HMAC-SHA256 of `id.timestamp.body`,
 * key in base64 after `whsec_`), and all forgeries. Written from the specification and OpenAI's example, without the
 * package that receivers use for verification.
 */
import { createHmac } from 'node:crypto';
import type { PhoneCallOptions, SipHeader, WebhookAnswer, WebhookForgery } from './phone-call.js';

const AGENT = 'OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)';
const MAX_ANSWER_LENGTH = 65_536;
/** Milliseconds until a receiver counts as unresponsive. */
const TIMEOUT_MS = 15_000;

/** The data that all webhook deliveries of a call share. */
export interface WebhookCall {
  readonly callId: string;
  /** Default `webhook-id`. */
  readonly id: string;
  readonly eventId: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly options: Pick<PhoneCallOptions, 'webhookUrl' | 'secret'>;
  readonly headers: readonly SipHeader[];
}

/** The headers of the SIP INVITE. */
export function sipHeaders(
  { to, from, headers = [] }: Pick<PhoneCallOptions, 'to' | 'headers'> & { from: string },
  sipCallId: string,
): SipHeader[] {
  const usual = [
    { name: 'From', value: address(from) },
    { name: 'To', value: address(to) },
    { name: 'Call-ID', value: sipCallId },
  ];
  const named = new Set(headers.map(({ name }) => name.toLowerCase()));
  return [...usual.filter(({ name }) => !named.has(name.toLowerCase())), ...headers];
}

const address = (number: string): string => (number.includes(':') ? number : `<sip:${number}@sip.example.com>`);

/** Signs according to Standard Webhooks. */
export function sign(secret: string, id: string, timestamp: number, body: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return `v1,${createHmac('sha256', key)
    .update(`${id}.${String(timestamp)}.${body}`)
    .digest('base64')}`;
}

/** Sends a webhook; never rejects. `now` is the sender's time in milliseconds. */
export async function deliverWebhook(
  call: WebhookCall,
  now: number,
  signal: AbortSignal,
  forgery: WebhookForgery = {},
): Promise<WebhookAnswer> {
  const {
    id = call.id,
    type = 'realtime.call.incoming',
    skewSeconds = 0,
    signedWith = [call.options.secret],
    alter = (text) => text,
  } = forgery;
  const timestamp = Math.floor(now / 1000) + skewSeconds;
  const body =
    forgery.body ??
    JSON.stringify({
      object: 'event',
      id: call.eventId,
      type,
      created_at: Math.floor(call.createdAt / 1000),
      data: { call_id: call.callId, sip_headers: call.headers, sip_media_security: 'srtp' },
    });
  const signatures = signedWith.map((secret) => sign(secret, id, timestamp, body)).join(' ');
  try {
    const response = await fetch(forgery.url ?? call.options.webhookUrl, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      headers: {
        'content-type': 'application/json',
        'user-agent': AGENT,
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        ...(signatures !== '' && { 'webhook-signature': signatures }),
        ...forgery.headers,
      },
      body: alter(body),
    });
    return { status: response.status, body: (await response.text()).slice(0, MAX_ANSWER_LENGTH) };
  } catch (error) {
    const { cause } = error as { cause?: { code?: unknown } };
    return { status: undefined, body: typeof cause?.code === 'string' ? cause.code : String(error) };
  }
}
