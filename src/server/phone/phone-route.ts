/**
 * `POST /voice/sip`: the webhook by which the Realtime API announces an incoming phone call. It has its own guards: a signature instead
 * of origin and visitor checks, and replay protection. Responds at once; the call is handled afterwards.
 *
 * - 401 if the request is not signed with the owner's secret, or its timestamp is off by more than five minutes.
 * - 200 for a repeated webhook, as Standard Webhooks requires: any other status would cause another delivery. A call is handled once,
 *   even if it is announced again by a webhook with another ID.
 * - 200 for events of other types, for which the same webhook may be registered.
 */
import type { Handler, Hono } from 'hono';
import type { CallHost } from '../contract/call-host.js';
import { randomId } from '../crypto/random-id.js';
import { allowedMethods } from '../http/allowed-methods.js';
import { bodyLimit } from '../guards/body-limit.js';
import { keyedHash } from '../crypto/keyed-hash.js';
import type { ResolvedOptions } from '../resolved-options.js';
import { waitUntil } from '../http/wait-until.js';
import { problem } from '../http/problem.js';
import type { VoiceEnv } from '../http/voice-env.js';
import { handleIncomingCall } from './incoming-call.js';
import type { PhoneOptions } from '../contract/phone-options.js';
import { requirePhonePackages, loadAgentsSdk, loadOpenAI } from './phone-packages.js';
import { verifyWebhook } from './verify-webhook.js';

const MAX_BODY = 65_536;
/**
 * Seconds for which an announced call is remembered: longer than the API lets a call last, so that a late or repeated webhook cannot
 * accept or reject a call that is already handled.
 */
const CALL_RETENTION = 7_200;
/** Seconds for which the ID of any other webhook is remembered: its timestamp may be off by five minutes in either direction. */
const WEBHOOK_RETENTION = 900;

/**
 * Adds the route to an app.
 *
 * @throws VoiceServerOptionsError if packages are missing
 */
export function addPhoneRoute(app: Hono<VoiceEnv>, options: ResolvedOptions, phone: PhoneOptions, host: CallHost): void {
  requirePhonePackages();
  // Preloads the packages, so that the first caller does not wait. A failure surfaces at the first webhook.
  for (const load of [loadOpenAI, loadAgentsSdk]) load().catch(() => undefined);
  app.use('/voice/sip', allowedMethods('POST'), bodyLimit(MAX_BODY));
  app.post('/voice/sip', webhook(options, phone, host));
}

function webhook(options: ResolvedOptions, phone: PhoneOptions, host: CallHost): Handler<VoiceEnv> {
  const { state, emit } = options;
  const hash = keyedHash(options.pepper);

  return async function webhook(c) {
    const checked = await verifyWebhook(c.get('body'), c.req.raw.headers, [phone.webhookSecret ?? ''].flat());
    if (checked.kind === 'refused') return problem(c, checked.code, { reason: checked.reason });
    c.header('Cache-Control', 'no-store');
    const first =
      checked.kind === 'call'
        ? await state.once(`phone:${await hash('phone', checked.callId)}`, CALL_RETENTION)
        : await state.once(`webhook:${await hash('webhook', checked.webhookId)}`, WEBHOOK_RETENTION);
    if (!first || checked.kind === 'other') {
      emit({ type: 'phone', ref: randomId(6), step: first ? 'ignored' : 'replayed', profile: undefined, caller: undefined });
    } else {
      const { callId, headers } = checked;
      waitUntil(c, handleIncomingCall({ options, phone, host }, { requestId: c.get('requestId'), callId, headers }));
    }
    return c.body(null, 200);
  };
}
