/**
 * Verifies webhooks of the Realtime API: Standard Webhooks signatures, checked by the `openai` package over the raw body. A valid
 * signature proves knowledge of the secret; what the event states about the caller remains unverified.
 */
import { loadOpenAI } from './phone-packages.js';
import type { SipHeader } from './sip-header.js';

/** Result of verifying a webhook. */
export type CheckedWebhook =
  /** An incoming call. */
  | { readonly kind: 'call'; readonly webhookId: string; readonly callId: string; readonly headers: readonly SipHeader[] }
  /** Another event type for which the webhook is registered. */
  | { readonly kind: 'other'; readonly webhookId: string }
  /** `reason` is for the owner's log. */
  | { readonly kind: 'refused'; readonly code: 'signature_invalid' | 'body_invalid'; readonly reason: string };

/** Maximum number of SIP headers; others are ignored. */
const MAX_HEADERS = 100;

/** Verifies a webhook; `secrets` are the owner's `whsec_…`, of which any is accepted. */
export async function verifyWebhook(body: Uint8Array, headers: Headers, secrets: readonly string[]): Promise<CheckedWebhook> {
  const webhookId = headers.get('webhook-id') ?? '';
  // The ID is stored for replay protection.
  if (!/^[\x21-\x7e]{1,256}$/.test(webhookId)) return refused('signature_invalid', 'webhook-id is missing or not valid');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return refused('signature_invalid', 'the body is not valid UTF-8');
  }
  let event: unknown;
  try {
    event = await unwrapped(text, headers, secrets);
  } catch (error) {
    return error instanceof SyntaxError
      ? refused('body_invalid', 'the body is not valid JSON')
      : refused('signature_invalid', reasonOf(error));
  }
  const { type, data } = fields(event);
  if (type !== 'realtime.call.incoming') return { kind: 'other', webhookId };
  const { call_id: callId, sip_headers: sipHeaders } = fields(data);
  if (typeof callId !== 'string' || !/^[\w-]{1,256}$/.test(callId)) return refused('body_invalid', 'the event has no valid call ID');
  return { kind: 'call', webhookId, callId, headers: headersOf(sipHeaders) };
}

/** The event, if one of the secrets has signed it. Throws the error of the last secret, or a SyntaxError if the signature is valid. */
async function unwrapped(text: string, headers: Headers, secrets: readonly string[]): Promise<unknown> {
  const { OpenAI } = await loadOpenAI();
  let failure: unknown;
  for (const webhookSecret of secrets) {
    try {
      return await new OpenAI({ apiKey: 'unused', webhookSecret }).webhooks.unwrap(text, headers);
    } catch (error) {
      if (error instanceof SyntaxError) throw error;
      failure = error;
    }
  }
  throw failure;
}

const refused = (code: 'signature_invalid' | 'body_invalid', reason: string): CheckedWebhook => ({ kind: 'refused', code, reason });

/** Returns a fixed text, so that no request data gets into a log. */
function reasonOf(error: unknown): string {
  const { message } = error as { message?: unknown };
  if (typeof message !== 'string') return 'not signed';
  if (message.includes('too old')) return 'the webhook is more than five minutes old';
  if (message.includes('too new')) return 'the webhook is dated more than five minutes in the future; check the clock of this server';
  if (/missing|required/i.test(message)) return 'a webhook header is missing';
  return 'the signature does not match';
}

const fields = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

function headersOf(given: unknown): SipHeader[] {
  if (!Array.isArray(given)) return [];
  return (given as unknown[])
    .slice(0, MAX_HEADERS)
    .map(fields)
    .filter(
      (header): header is { name: string; value: string } => typeof header['name'] === 'string' && typeof header['value'] === 'string',
    )
    .map(({ name, value }) => ({ name, value }));
}
