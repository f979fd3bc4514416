/** Loads the code of the transport that a call's options select. Part of the page's first chunk: imports nothing. */
import type { CallOptions } from '../contract/options.js';
import type { TransportModule } from '../transport/transport.js';

/** The kinds of transports, each with its own code. */
export type TransportKind = 'webrtc' | 'websocket' | 'custom';

/**
 * The requested transport code. Browsers resolve `import()` of a loaded module some tasks later, after the panel that the same
 * click opens was laid out; a cached promise resolves at once.
 */
const modules: { [K in TransportKind]?: Promise<TransportModule> | undefined } = {};

const loaders: Record<TransportKind, () => Promise<TransportModule>> = {
  webrtc: () => import('../transport/webrtc/index.js'),
  websocket: () => import('../transport/websocket/index.js'),
  custom: () => import('../transport/custom/index.js'),
};

/** The kind of transport that these options select. */
export function transportKind({ transport }: CallOptions): TransportKind {
  if (typeof transport === 'object') return 'custom';
  return transport === 'websocket' ? 'websocket' : 'webrtc';
}

/** Loads a transport's code; after a failure, the next call tries again. */
export function loadTransport(kind: TransportKind): Promise<TransportModule> {
  return (modules[kind] ??= loaders[kind]().catch((reason: unknown) => {
    modules[kind] = undefined;
    throw reason;
  }));
}
