/**
 * The sandbox's WebSocket API: sessions via `?model=` and `?intent=transcription`, sidebands via `?call_id=`. Owns the
 * handshake, keys in subprotocols and close codes.
 *
 * Recorded from OpenAI: with a wrong key the upgrade succeeds, an `error` event follows and the socket closes with 3000
 * and `type.code` as the reason; other errors close with 4000; an unknown call fails the handshake with 404. The
 * profile, or the sandbox's `socket` option, decides where keys may be and whether a subprotocol is selected.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import { ApiError } from '../protocol/api-error.js';
import type { Call, ClosableWire } from '../call/call.js';
import { bearer, betaShape } from './api-routes.js';
import { withFaults } from './with-faults.js';
import { newId } from '../protocol/ids.js';
import type { Caller } from '../core/keys.js';
import type { SandboxCore } from '../core/sandbox-core.js';

/** The query parameter and the cookie that carry a key (used by speaches and LocalAI, respectively). */
const KEY_PARAMETER = 'api_key';
const KEY_COOKIE = 'token';

/** Maximum message size: 15 MiB of audio in base64, plus room for the other fields. */
export const MAX_MESSAGE_BYTES = 24 * 1024 * 1024;

/** Selects a subprotocol like the profile does: `realtime` if offered; none if the rules disable selection. */
export function chooseProtocol({ sockets, profile }: SandboxCore, offered: ReadonlySet<string>): string | false {
  return (sockets.selects && profile.selects(offered)) || false;
}

/** The key of a handshake, from the places that the rules allow. */
function keyOf(
  { sockets: { keys }, profile }: SandboxCore,
  request: IncomingMessage,
  url: URL,
  protocols: readonly string[],
): string | undefined {
  const cookie = (request.headers.cookie ?? '').split(/;\s*/).find((one) => one.startsWith(`${KEY_COOKIE}=`));
  const places = {
    header: () => bearer(request.headers.authorization),
    subprotocol: () => protocols.find((one) => one.startsWith(profile.keyProtocol))?.slice(profile.keyProtocol.length),
    query: () => url.searchParams.get(KEY_PARAMETER) ?? undefined,
    cookie: () => cookie?.slice(KEY_COOKIE.length + 1),
    none: () => undefined,
  };
  return keys.map((place) => places[place]()).find((key) => key !== undefined);
}

/** Handles an upgrade request. */
export async function acceptWebSocket(
  core: SandboxCore,
  server: WebSocketServer,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://sandbox');
  const entry = core.requests.record(
    'GET',
    request.url ?? '/',
    Object.entries(request.headers).map(([name, value]) => [name, String(value)] as [string, string]),
  );
  const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
  const key = keyOf(core, request, url, protocols);
  const gone = new AbortController();
  socket.on('close', () => {
    gone.abort();
  });
  // Without a listener, a connection reset would crash the process.
  socket.on('error', () => {
    gone.abort();
  });
  const upgrade = Symbol('upgrade') as unknown as Response;
  const answer = await withFaults(
    core,
    {
      endpoint: 'websocket',
      scenario: key === undefined ? undefined : core.keys.scenarioOf(key),
      signal: gone.signal,
      disconnect: () => {
        socket.destroy();
      },
    },
    () => Promise.resolve(url.pathname === '/v1/realtime' ? (refuseHandshake(core, url, key) ?? upgrade) : notFound(url)),
  );
  if (answer !== upgrade) {
    entry.status = answer.status;
    await writeAnswer(socket, answer);
    return;
  }
  if (socket.destroyed) return;
  entry.status = 101;
  server.handleUpgrade(request, socket, head, (client) => {
    const beta =
      protocols.some((one) => one.startsWith('openai-beta.')) || String(request.headers['openai-beta'] ?? '').includes('realtime');
    openConnection(core, client, url.searchParams, key, beta);
  });
}

function notFound(url: URL): Response {
  return Response.json(new ApiError({ message: `Invalid URL (GET ${url.pathname})` }).body(), { status: 404 });
}

/** Errors before the upgrade: a missing key, a key that the profile rejects with a status, or a sideband for an unknown call. */
function refuseHandshake(core: SandboxCore, url: URL, key: string | undefined): Response | undefined {
  try {
    const { profile, sockets } = core;
    if (key === undefined && !sockets.keys.includes('none')) core.keys.identify(undefined);
    if (key !== undefined && profile.wrongKey !== 'event') identifyOr(core, key, profile.wrongKey);
    const callId = url.searchParams.get('call_id');
    if (callId === null) return undefined;
    const call = core.find(callId);
    const { kind } = core.keys.identify(key);
    // Recorded in September 2026: sidebands with an ephemeral key get the same 404.
    if (call === undefined || call.state === 'ended' || call.kind === 'websocket' || kind === 'ephemeral') {
      throw new ApiError({ status: 404, message: `No session found for call_id '${callId}'.`, code: 'call_id_not_found' });
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return Response.json(error.body(), { status: error.status });
  }
}

/** @throws ApiError with this status for an invalid key */
function identifyOr(core: SandboxCore, key: string, status: number): void {
  try {
    core.keys.identify(key);
  } catch (error) {
    throw error instanceof ApiError ? new ApiError({ status, message: error.message, code: error.code }) : error;
  }
}

async function writeAnswer(socket: Duplex, answer: Response): Promise<void> {
  if (socket.destroyed) return;
  const body = Buffer.from(await answer.arrayBuffer());
  const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.write(
    `HTTP/1.1 ${String(answer.status)} Refused\r\n${headers}content-length: ${String(body.length)}\r\nconnection: close\r\n\r\n`,
  );
  socket.end(body);
}

function wireOf(client: WebSocket): ClosableWire {
  return {
    send: (text) => {
      if (client.readyState === client.OPEN) client.send(text);
    },
    sendBinary: (bytes) => {
      if (client.readyState === client.OPEN) client.send(bytes);
    },
    close: (code, reason) => {
      // A close reason is limited to 123 bytes.
      client.close(code, reason.slice(0, 120));
    },
  };
}

function openConnection(core: SandboxCore, client: WebSocket, query: URLSearchParams, key: string | undefined, beta: boolean): void {
  const wire = wireOf(client);
  let caller: Caller;
  try {
    caller = key === undefined && core.sockets.keys.includes('none') ? core.keys.anonymous() : core.keys.identify(key);
    if (core.profile.beta === 'refused' && beta) throw betaShape();
    if (core.profile.beta === 'required' && !beta) throw betaMissing();
    const callId = query.get('call_id');
    if (callId !== null) {
      watchCall(core, client, wire, callId);
      return;
    }
    const call = openSession(core, caller, query);
    serve(client, call, wire);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    reject(wire, error);
  }
}

/** Both the code and the message are guessed. */
function betaMissing(): ApiError {
  return new ApiError({
    message: "You must include the 'OpenAI-Beta: realtime=v1' header or the subprotocol 'openai-beta.realtime-v1'.",
    code: 'missing_beta_header',
  });
}

function reject(wire: ClosableWire, error: ApiError): void {
  const { type, code, message, param } = error;
  wire.send(JSON.stringify({ type: 'error', event_id: newId('event'), error: { type, code, message, param, event_id: null } }));
  wire.close(error.status === 401 ? 3_000 : 4_000, `${type}.${code ?? 'error'}`);
}

function openSession(core: SandboxCore, caller: Caller, query: URLSearchParams): Call {
  const intent = query.get('intent');
  if (intent !== null && intent !== 'transcription' && intent !== 'conversation')
    throw new ApiError({ message: `Invalid intent ${intent}`, code: 'invalid_intent' });
  const model = query.get('model');
  const opening = core.profile.opening?.(model, intent);
  if (opening !== undefined) return core.begin('websocket', caller, core.openingConfig(caller, opening));
  if (intent === 'transcription' && model === null)
    return core.begin('websocket', caller, core.openingConfig(caller, undefined, 'transcription'));
  const bound = caller.kind === 'ephemeral' ? caller.key.session : undefined;
  if (model === null && bound === undefined)
    throw new ApiError({ message: 'You must provide a model parameter.', code: 'missing_model', param: 'model' });
  const request = model === null || bound?.['type'] === 'transcription' ? undefined : { type: 'realtime', model };
  return core.begin('websocket', caller, core.openingConfig(caller, request));
}

function serve(client: WebSocket, call: Call, wire: ClosableWire): void {
  client.on('message', (data, isBinary) => {
    call.receive(isBinary ? undefined : textOf(data), wire);
  });
  client.on('close', () => {
    call.end('client-closed');
  });
  client.on('error', () => {
    call.end('client-closed');
  });
  call.open(wire);
}

function watchCall(core: SandboxCore, client: WebSocket, wire: ClosableWire, callId: string): void {
  const call = core.find(callId);
  if (call === undefined || call.state === 'ended') {
    wire.close(1_000, 'the call has ended');
    return;
  }
  const detach = call.attachSideband(wire);
  client.on('message', (data, isBinary) => {
    call.receive(isBinary ? undefined : textOf(data), wire);
  });
  client.on('close', detach);
  client.on('error', detach);
}

function textOf(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return Buffer.isBuffer(data) ? data.toString() : Buffer.from(data).toString();
}
