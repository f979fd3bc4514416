/**
 * The URLs of a call: for the SDP exchange and the WebSocket, and how the key is sent.
 * Owns the protocol's paths and query parameters. Does not own the key.
 */
import type { Dialect, KeyCarrier } from '../contract/dialect.js';
import { VoiceAgentError } from '../contract/errors.js';
import { DEFAULT_BASE_URL, type CallOptions } from '../contract/options.js';
import type { SocketAddress } from '../transport/transport.js';
import { transportKind } from './load-transport.js';

/** The key's default subprotocol and query parameter (`openai` 7.55; speaches). */
const KEY_PROTOCOL = 'openai-insecure-api-key.';
const KEY_PARAMETER = 'api_key';

/** Whether the page's own transport has its own microphone, so that ours stays closed. */
export const hasOwnMicrophone = ({ transport }: CallOptions): boolean => typeof transport === 'object' && transport.muted !== null;

/**
 * The URL of the call, without a key: on the site's own server for a brokered call.
 * @throws VoiceAgentError `unsupported` for an invalid URL
 */
export function callAddress(options: CallOptions, base: string, dialect?: Dialect): URL {
  const { model, mode } = options;
  if (options.callUrl) return address(options.callUrl, base, 'call-url');
  const socket = transportKind(options) !== 'webrtc';
  const { offer, socket: rules } = dialect ?? {};
  const path = socket ? '/realtime' : ((offer ? offer.path : undefined) ?? '/realtime/calls');
  const url = below(options.baseUrl || DEFAULT_BASE_URL, path, base);
  if (socket) url.protocol = url.protocol === 'http:' || url.protocol === 'ws:' ? 'ws:' : 'wss:';
  // A GA socket takes either `intent` or `model` (`openai` 7.55); a transcription's model is the transcriber, which is a session setting.
  const transcribes = mode === 'transcription';
  if (transcribes && socket) url.searchParams.set('intent', 'transcription');
  if (model && (!transcribes || (socket && rules && rules.modelWithIntent))) url.searchParams.set('model', model);
  return url;
}

/** @throws VoiceAgentError `unsupported` for options that brokered calls do not support */
export function checkBrokered(options: CallOptions): void {
  const { dialect = 'ga', agent } = options;
  const not = (message: string): never => {
    throw new VoiceAgentError('unsupported', { message });
  };
  if (transportKind(options) !== 'webrtc') not('call-url only supports WebRTC: omit transport.');
  if (dialect !== 'ga') not('call-url only supports the dialect "ga": omit dialect.');
  if (agent) not('With call-url, the server profile defines the agent: omit agent.');
}

/** How the key is sent on a socket with these options. */
export const keyCarrier = ({ keyCarrier: asked }: CallOptions, { socket }: Partial<Dialect> = {}): KeyCarrier =>
  asked || (socket && socket.keyCarrier) || 'subprotocol';

/** The URL and subprotocols of a socket, with the key. */
export function socketAddress(url: URL, key: string, carrier: KeyCarrier, dialect?: Dialect): SocketAddress {
  const {
    protocols = ['realtime'],
    protocolsAfterKey = [],
    keyProtocol = KEY_PROTOCOL,
    keyParameter = KEY_PARAMETER,
  } = dialect?.socket || {};
  if (carrier === 'subprotocol') return { url, protocols: [...protocols, keyProtocol + key, ...protocolsAfterKey] };
  const keyed = new URL(url);
  if (carrier === 'query') keyed.searchParams.set(keyParameter, key);
  // Such servers select no subprotocol, and a browser that offered one would then close the connection.
  return { url: keyed, protocols: [] };
}

/** `path` below the API root; keeps the root's query. */
function below(root: string, path: string, base: string): URL {
  const url = address(root, base, 'base-url');
  url.pathname = url.pathname.replace(/\/+$/, '') + path;
  return url;
}

function address(text: string, base: string, name: string): URL {
  try {
    return new URL(text, base);
  } catch {
    throw new VoiceAgentError('unsupported', { message: `${name} is not a valid URL.` });
  }
}
