/**
 * The sandbox's HTTP API: client secrets, calls, hang-up and errors. Owns paths, statuses, headers and bodies; a call
 * itself is in `call/call.ts`, the other phone routes are in `phone-actions.ts`.
 *
 * The profile decides which routes exist and how offers are sent; `beta-keys.ts` mints the beta interface's keys.
 *
 * Sources: the OpenAPI description of `/realtime/client_secrets` and `/realtime/calls` as carried by `openai` 7.55;
 * recorded responses for `invalid_offer`, `invalid_model` and `beta_api_shape_disabled`.
 */
import type { Hono } from 'hono';
import { ApiError } from '../protocol/api-error.js';
import { mintBetaKey } from './beta-keys.js';
import type { Call } from '../call/call.js';
import { CORS_HEADERS, preflight } from './cors.js';
import { withFaults } from './with-faults.js';
import { newId } from '../protocol/ids.js';
import type { Caller } from '../core/keys.js';
import { OfferError } from '../media/peer.js';
import type { Peer, PeerEvents } from '../media/peer.js';
import { phoneActions } from './phone-actions.js';
import type { Profile } from '../profiles/profile.js';
import type { RecordedRequest } from '../core/request-log.js';
import type { SandboxCore } from '../core/sandbox-core.js';
import type { Endpoint, FaultyMedia } from '../scripting/define-fault.js';
import { sessionSchema } from '../session/session-schemas.js';
import { amount, anything, isRecord, object, oneOf } from '../protocol/schema.js';

/** Provided by the HTTP server: enough to close a connection without a response. */
export interface ConnectionBindings {
  incoming?: { socket?: { destroy(): void } };
}

type App = Hono<{ Bindings: ConnectionBindings }>;

/** Maximum size of a request body in bytes. */
const MAX_BODY_BYTES = 1_048_576;

/** Adds the API's routes to an app. */
export function addApiRoutes(app: App, core: SandboxCore): void {
  const route = (path: string, endpoint: Endpoint, handle: (request: IncomingRequest) => Promise<Response>): void => {
    app.post(path, async (context) => {
      const entry = core.requests.record('POST', context.req.url, context.req.raw.headers.entries());
      const key = bearer(context.req.header('authorization'));
      const respond = async (): Promise<Response> => {
        try {
          const { profile, sockets } = core;
          // A server that accepts no keys ignores one that is sent.
          const open = sockets.keys.includes('none') && (key === undefined || sockets.keys.length === 1);
          const caller = open ? core.keys.anonymous() : core.keys.identify(key);
          if (profile.beta === 'refused' && context.req.header('openai-beta')?.includes('realtime') === true) throw betaShape();
          const body = await readBody(context.req.raw);
          entry.body = new TextDecoder().decode(body.subarray(0, 65_536));
          return await handle({
            caller,
            body,
            contentType: context.req.header('content-type') ?? '',
            query: new URL(context.req.url).searchParams,
            param: (name) => context.req.param(name) ?? '',
          });
        } catch (error) {
          return refusal(error);
        }
      };
      const faulty = {
        endpoint,
        scenario: key === undefined ? undefined : core.keys.scenarioOf(key),
        signal: context.req.raw.signal,
        disconnect: () => context.env.incoming?.socket?.destroy(),
      };
      return finish(entry, await withFaults(core, faulty, respond));
    });
  };
  app.options('/v1/*', preflight);
  const ifSupported = (supported: boolean, path: string, handle: () => Promise<Response>): Promise<Response> => {
    if (supported) return handle();
    const beta = core.profile.beta === 'refused' && !/calls|client_secrets/.test(path);
    return Promise.reject(beta ? betaShape() : new ApiError({ status: 404, message: `Invalid URL (POST /v1${path})` }));
  };
  route('/v1/realtime/client_secrets', 'client_secrets', (request) =>
    ifSupported(core.profile.keys === 'client_secrets', '/realtime/client_secrets', () => mint(core, request)),
  );
  for (const path of ['/realtime/calls', '/realtime'] as const) {
    route(`/v1${path}`, 'calls', (request) => ifSupported(core.profile.calls?.path === path, path, () => createCall(core, request)));
  }
  route('/v1/realtime/calls/:id/hangup', 'hangup', (request) =>
    ifSupported(core.profile.calls?.hangUp === true, '/realtime/calls/{id}/hangup', () => hangUp(core, request)),
  );
  for (const [name, act] of Object.entries(phoneActions)) {
    route(`/v1/realtime/calls/:id/${name}`, name as 'accept' | 'reject' | 'refer', (request) =>
      ifSupported(core.profile.phone === true, `/realtime/calls/{id}/${name}`, async () => {
        const { caller, body, param } = request;
        return act(core, { caller, id: param('id'), body: body.length === 0 ? {} : parseJson(body) });
      }),
    );
  }
  for (const path of ['/realtime/sessions', '/realtime/transcription_sessions'] as const) {
    route(`/v1${path}`, 'client_secrets', ({ caller, body }) =>
      ifSupported(core.profile.keys === 'sessions', path, () =>
        mintBetaKey(core, caller, body.length === 0 ? {} : parseJson(body), path.endsWith('/sessions') ? 'realtime' : 'transcription'),
      ),
    );
  }
  app.all('/v1/*', (context) => {
    const entry = core.requests.record(context.req.method, context.req.url, context.req.raw.headers.entries());
    const message = `Invalid URL (${context.req.method} ${context.req.path})`;
    return finish(entry, refusal(new ApiError({ status: 404, message })));
  });
}

interface IncomingRequest {
  caller: Caller;
  body: Uint8Array;
  contentType: string;
  query: URLSearchParams;
  param: (name: string) => string;
}

/** The key of an `Authorization: Bearer …` header. */
export function bearer(header: string | undefined): string | undefined {
  return /^Bearer\s+(\S+)\s*$/i.exec(header ?? '')?.[1];
}

/** The beta interface was shut down in May 2026; code and status are recorded. */
export function betaShape(): ApiError {
  return new ApiError({
    message: 'The beta Realtime API is no longer available. Use the interface of the generally available Realtime API.',
    code: 'beta_api_shape_disabled',
  });
}

async function readBody(request: Request): Promise<Uint8Array> {
  const tooLarge = new ApiError({
    status: 413,
    message: `Request body is too large: at most ${String(MAX_BODY_BYTES)} bytes are accepted.`,
    code: 'request_too_large',
  });
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) throw tooLarge;
  // Firefox has no `Request.body`; there, the page itself has made the request.
  const reader = (request.body as typeof request.body | undefined)?.getReader();
  if (reader === undefined) {
    const body = await request.arrayBuffer();
    if (body.byteLength > MAX_BODY_BYTES) throw tooLarge;
    return new Uint8Array(body);
  }
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    size += read.value.length;
    if (size > MAX_BODY_BYTES) throw tooLarge;
    chunks.push(read.value);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

function refusal(error: unknown): Response {
  const known =
    error instanceof ApiError
      ? error
      : new ApiError({ status: 500, type: 'server_error', message: `The sandbox failed: ${String(error)}` });
  return Response.json(known.body(), { status: known.status, headers: known.headers });
}

function finish(entry: RecordedRequest, response: Response): Response {
  entry.status = response.status;
  for (const [name, value] of Object.entries(CORS_HEADERS)) response.headers.set(name, value);
  response.headers.set('x-request-id', `req_${newId('event').slice(6)}`);
  return response;
}

const mintSchema = object({
  expires_after: object({ anchor: oneOf('created_at'), seconds: amount(10, 7_200, true) }),
  session: anything,
});

async function mint(core: SandboxCore, { caller, body }: IncomingRequest): Promise<Response> {
  if (caller.kind === 'ephemeral') {
    throw new ApiError({
      status: 401,
      message: 'An ephemeral key cannot create client secrets; use a standard API key.',
      code: 'invalid_api_key',
    });
  }
  const request = body.length === 0 ? {} : parseJson(body);
  mintSchema(request, '');
  const { expires_after, session } = request as { expires_after?: { seconds?: number }; session?: Record<string, unknown> };
  if (session !== undefined) sessionSchema(session, 'session');
  const key = core.mint(expires_after?.seconds ?? 600, session, caller.scenario);
  // Recorded: minting does not validate the model, the call does.
  const { config } = core.openingConfig(caller, withoutModel(session));
  const shown = session?.['model'] === undefined ? config : { ...config, model: session['model'] };
  return Promise.resolve(Response.json({ value: key.value, expires_at: key.expiresAt, session: shown }));
}

function withoutModel(session: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  if (session === undefined) return undefined;
  const rest = { ...session };
  delete rest['model'];
  return rest;
}

function parseJson(body: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (isRecord(value)) return value;
  } catch {
    // Reported below, like JSON that is not an object.
  }
  throw new ApiError({
    message:
      "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
  });
}

async function createCall(core: SandboxCore, request: IncomingRequest): Promise<Response> {
  const { profile } = core;
  const { sdp, session, model = request.query.get('model') } = await readOffer(request, profile);
  const asked = session ?? profile.opening?.(model, null) ?? (model === null ? undefined : { type: 'realtime', model });
  const opening = core.openingConfig(request.caller, asked);
  if (!sdp.startsWith('v=0')) throw badOffer();

  const holder: { call?: Call } = {};
  let peer: Peer;
  try {
    peer = await core.peers(sdp, peerEvents(holder));
  } catch (error) {
    throw error instanceof OfferError ? badOffer() : error;
  }
  const call = core.begin('webrtc', request.caller, opening);
  holder.call = call;
  call.attachPeer(peer);
  const answer = answerFor(call, peer);
  if (profile.calls?.body === 'json') return Response.json({ sdp: answer, session_id: call.id }, { status: 201 });
  const location = profile.calls?.hangUp === true ? { location: `/v1/realtime/calls/${call.id}` } : {};
  return new Response(answer, { status: 201, headers: { 'content-type': 'application/sdp', ...location } });
}

/** Connects the peer's callbacks to the call, which is created a moment later. */
function peerEvents(holder: { call?: Call; peer?: Peer }): PeerEvents {
  return {
    onOpen: () => holder.call?.openChannel(),
    onMessage: (text) => holder.call?.receive(text),
    onAudio: (frame) => holder.call?.hear(frame),
    nextFrame: () => holder.call?.nextFrame(),
    onClose: () => holder.call?.end(holder.call.state === 'connecting' ? 'never-connected' : 'client-closed'),
  };
}

function answerFor(call: Call, peer: Peer): string {
  const media: FaultyMedia = {
    answer: peer.answer,
    setSilence: (on) => {
      call.setSilence(on);
    },
    setLoss: (share) => {
      call.setLoss(share);
    },
  };
  call.script.faults.changeMedia(media);
  return media.answer;
}

/** Recorded: the real API's status, message and code for unusable SDP. */
function badOffer(): ApiError {
  return new ApiError({ message: 'Invalid SDP offer. Please try again with a WHIP-compliant offer.', code: 'invalid_offer' });
}

async function readOffer(
  { body, contentType }: IncomingRequest,
  { calls }: Profile,
): Promise<{ sdp: string; session?: unknown; model?: string | null }> {
  const type = contentType.split(';')[0]?.trim().toLowerCase();
  if (calls?.body === 'json') {
    const { sdp, model } = parseJson(body) as { sdp?: unknown; model?: unknown };
    if (typeof sdp !== 'string' || sdp === '') throw new ApiError({ message: 'sdp is required' });
    if (typeof model !== 'string' || model === '') throw new ApiError({ message: 'model is required' });
    return { sdp, model };
  }
  if (type === 'application/sdp') return { sdp: new TextDecoder().decode(body) };
  if (type !== 'multipart/form-data') {
    throw new ApiError({
      status: 415,
      message: `Unsupported content type: '${type ?? ''}'. This API method only accepts 'application/sdp' or 'multipart/form-data' requests.`,
      code: 'unsupported_content_type',
    });
  }
  let form: FormData;
  try {
    form = await new Response(body as BodyInit, { headers: { 'content-type': contentType } }).formData();
  } catch {
    throw new ApiError({ message: 'Could not parse the multipart form of your request.' });
  }
  const part = async (name: string): Promise<string | undefined> => {
    const value = form.get(name);
    return value === null ? undefined : typeof value === 'string' ? value : value.text();
  };
  const sdp = await part('sdp');
  if (sdp === undefined)
    throw new ApiError({ message: "Missing required parameter: 'sdp'.", code: 'missing_required_parameter', param: 'sdp' });
  const session = await part('session');
  return session === undefined ? { sdp } : { sdp, session: parseJson(new TextEncoder().encode(session)) };
}

function hangUp(core: SandboxCore, { param }: IncomingRequest): Promise<Response> {
  const call = core.find(param('id'));
  if (call === undefined || call.kind === 'websocket' || call.state === 'ended') {
    return Promise.reject(
      new ApiError({ status: 404, message: `No session found for call_id '${param('id')}'.`, code: 'call_id_not_found' }),
    );
  }
  call.end('hangup');
  return Promise.resolve(new Response(null, { status: 200 }));
}
