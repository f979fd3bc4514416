/**
 * The API's routes for phone calls: `/v1/realtime/calls/{id}/accept`, `reject`, `refer`. Owns statuses and bodies;
 * hanging up works as for other calls (`api-routes.ts`).
 *
 * Sources: the OpenAPI description as carried by `openai` 7.55, OpenAI's SIP guide, and the Agents SDK, which documents
 * that `accept` rejects three fields of turn detection. Guessed: the errors of a second `accept`, of `refer` before
 * `accept`, and of ephemeral keys.
 */
import { ApiError, unknownParameter } from '../protocol/api-error.js';
import type { Caller } from '../core/keys.js';
import type { SandboxCore } from '../core/sandbox-core.js';
import { amount, isRecord, object, text } from '../protocol/schema.js';

/** Fields of `audio.input.turn_detection` that `accept` rejects. */
const NOT_BY_PHONE = ['threshold', 'prefix_padding_ms', 'silence_duration_ms'];

const rejectSchema = object({ status_code: amount(400, 699, true) });
const referSchema = object({ target_uri: text() }, ['target_uri']);

/** A request to a phone call's route. */
interface PhoneRequest {
  readonly caller: Caller;
  /** The call's id. */
  readonly id: string;
  /** The parsed body, `{}` if there was none. */
  readonly body: unknown;
}

/** Accepts a call and begins its session. */
function accept(core: SandboxCore, { caller, id, body }: PhoneRequest): Response {
  requireStandardKey(caller);
  const ringing = core.phone.require(id);
  const opening = core.openingConfig(caller, body);
  if (opening.config.type !== 'realtime')
    throw new ApiError({ message: 'Phone calls require a session of type realtime.', code: 'invalid_value', param: 'type' });
  const detection = field(field(field(body, 'audio'), 'input'), 'turn_detection');
  const refused = NOT_BY_PHONE.find((name) => field(detection, name) !== undefined);
  if (refused !== undefined) throw unknownParameter(`audio.input.turn_detection.${refused}`);
  ringing.accept((callId) => core.begin('sip', caller, opening, callId));
  return new Response(null, { status: 200 });
}

/** Rejects a call. */
function reject(core: SandboxCore, { caller, id, body }: PhoneRequest): Response {
  requireStandardKey(caller);
  rejectSchema(body, '');
  core.phone.require(id).reject((body as { status_code?: number }).status_code ?? 603);
  return new Response(null, { status: 200 });
}

/** Refers the caller to another address. */
function refer(core: SandboxCore, { caller, id, body }: PhoneRequest): Response {
  requireStandardKey(caller);
  referSchema(body, '');
  const { target_uri: target } = body as { target_uri: string };
  if (!/^(tel|sips?):\S+$/.test(target))
    throw new ApiError({ message: `Invalid 'target_uri': expected a tel: or sip: URI.`, code: 'invalid_value', param: 'target_uri' });
  const call = core.phone.require(id);
  if (call.state === 'ringing')
    throw new ApiError({ status: 404, message: `No session found for call_id '${id}'.`, code: 'call_id_not_found' });
  call.refer(target);
  return new Response(null, { status: 200 });
}

/** What a request can do with a phone call; the last part of the path. */
export const phoneActions = { accept, reject, refer };

function requireStandardKey(caller: Caller): void {
  if (caller.kind === 'api') return;
  throw new ApiError({ status: 401, message: 'Phone calls require a standard API key, not an ephemeral key.', code: 'invalid_api_key' });
}

const field = (value: unknown, name: string): unknown => (isRecord(value) ? value[name] : undefined);
