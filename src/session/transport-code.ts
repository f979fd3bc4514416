/** Where the code of each transport is, and which of them the settings of a call ask for. Part of the page's first chunk: imports nothing. */
import type { CallOptions } from '../contract/options.js';
import type { TransportModule } from '../transport/transport.js';

/** The transports by where their code is. */
export type TransportKind = 'webrtc' | 'websocket' | 'foreign';

/**
 * The code of a transport, once requested. Browsers answer an `import()` of a loaded module some tasks later, after the panel
 * that the same click opens was laid out; a promise of our own is answered at once.
 */
const modules: { [K in TransportKind]?: Promise<TransportModule> | undefined } = {};

const loaders: Record<TransportKind, () => Promise<TransportModule>> = {
  webrtc: () => import('../transport/index.js'),
  websocket: () => import('../transport/websocket.js'),
  foreign: () => import('../transport/foreign.js'),
};

/** Which kind of transport these settings ask for. */
export function transportKind({ transport }: CallOptions): TransportKind {
  if (typeof transport === 'object') return 'foreign';
  return transport === 'websocket' ? 'websocket' : 'webrtc';
}

/** Loads a transport's code; called again after a failure, it tries again. */
export function loadTransport(kind: TransportKind): Promise<TransportModule> {
  return (modules[kind] ??= loaders[kind]().catch((reason: unknown) => {
    modules[kind] = undefined;
    throw reason;
  }));
}
