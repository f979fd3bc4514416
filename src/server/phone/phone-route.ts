/**
 * `POST /voice/sip`: the webhook by which the Realtime API tells that a phone call rings. Its guards are its own: a signature in place of
 * an origin and a visitor check, and each webhook once. Answers at once; the call is taken afterwards.
 *
 * - 401 for everything that is not signed by the owner's secret within five minutes.
 * - 200 for a webhook that came before, which is what Standard Webhooks ask for: any other answer would have it sent again.
 * - 200 for events of other types, which the same webhook may be registered for.
 */
import type { Handler, Hono } from 'hono';
import type { CallHost } from '../calls/call-host.js';
import { randomName } from '../calls/random-name.js';
import { allowedMethods } from '../guards/allowed-methods.js';
import { bodyLimit } from '../guards/body-limit.js';
import { keyedHash } from '../guards/keyed-hash.js';
import type { ResolvedOptions } from '../options.js';
import { outlive } from '../outlive.js';
import { problem } from '../problem.js';
import type { VoiceEnv } from '../problem.js';
import { takeCall } from './incoming-call.js';
import type { PhoneOptions } from './phone-options.js';
import { demandPhonePackages, loadAgentsSdk, loadOpenAI } from './phone-packages.js';
import { verifyWebhook } from './verify-webhook.js';

const MOST_BODY = 65_536;
/** Seconds for which a webhook is remembered: its timestamp may be off by five minutes to either side. */
const REMEMBERED = 900;

/**
 * Puts the route on an app.
 *
 * @throws VoiceServerOptionsError where packages are missing
 */
export function addPhoneRoute(app: Hono<VoiceEnv>, options: ResolvedOptions, phone: PhoneOptions, host: CallHost): void {
  demandPhonePackages();
  // The first caller does not wait for them. A failure shows at the first webhook.
  for (const load of [loadOpenAI, loadAgentsSdk]) load().catch(() => undefined);
  app.use('/voice/sip', allowedMethods('POST'), bodyLimit(MOST_BODY));
  app.post('/voice/sip', webhook(options, phone, host));
}

function webhook(options: ResolvedOptions, phone: PhoneOptions, host: CallHost): Handler<VoiceEnv> {
  const { state, tell } = options;
  const hash = keyedHash(options.pepper);

  return async function webhook(c) {
    const checked = await verifyWebhook(c.get('body'), c.req.raw.headers, phone.webhookSecret ?? '');
    if (checked.kind === 'refused') return problem(c, checked.code, { reason: checked.reason });
    c.header('Cache-Control', 'no-store');
    const first = await state.once(`webhook:${await hash('webhook', checked.webhookId)}`, REMEMBERED);
    if (!first || checked.kind === 'other') {
      tell({ type: 'phone', ref: randomName(6), step: first ? 'ignored' : 'replayed', profile: undefined, caller: undefined });
    } else {
      const { callId, headers } = checked;
      outlive(c, takeCall({ options, phone, host }, { requestId: c.get('requestId'), callId, headers }));
    }
    return c.body(null, 200);
  };
}
