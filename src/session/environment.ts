/**
 * Everything that a call takes from the browser, as one argument, so that tests own time, chance, network and devices.
 */
import type { MicrophoneSource } from '../media/microphone.js';
import type { Dialect, DialectName } from '../contract/dialect.js';
import type { OpenPcmAudio } from '../contract/pcm-audio.js';
import type { AgentModule, Timers, TransportModule } from '../transport/transport.js';
import { loadTransport, type TransportKind } from './transport-code.js';

/** What a call needs from outside. */
export interface Environment extends Timers, MicrophoneSource {
  /** Milliseconds of a steady clock; the visitor's wall clock may be days off. */
  now(): number;
  /** 0 ≤ x < 1. */
  random(): number;
  fetch(url: string | URL, init: RequestInit): Promise<Response>;
  /** Loads a transport's code; called again after a failure. */
  loadTransport(kind: TransportKind): Promise<TransportModule>;
  /** Loads the code for agents; called again after a failure. */
  loadAgent(): Promise<AgentModule>;
  /** Loads a dialect's code. Never called for `ga`. */
  loadDialect(name: Exclude<DialectName, 'ga'>): Promise<Dialect>;
  /** Loads the code for sound over WebSocket and opens it. */
  readonly openAudio: OpenPcmAudio;
  /** Opens the connection to a server before anything is asked of it; sends no request. */
  preconnect(origin: string): void;
  /** A new audio element, not in the document. */
  createAudio(): HTMLAudioElement;
  /** Whether the browser has what this kind of transport needs. */
  supports(kind: TransportKind): boolean;
  /** The address that relative ones are resolved against. */
  readonly baseUrl: string;
  /** Calls back when the page goes away, also into the back/forward cache. Returns the unsubscription. */
  onPageHide(callback: () => void): () => void;
  /** False while the browser knows that it has no network. */
  readonly online: boolean;
  /** Calls back when the network is back. Returns the unsubscription. */
  onOnline(callback: () => void): () => void;
  /** Calls back when a device comes or goes; some browsers do it again and again. Returns the unsubscription. */
  onDeviceChange(callback: () => void): () => void;
  /**
   * Calls back when the visitor presses something anywhere in the page, or comes back to it: the browser may allow now what it
   * refused before. Returns the unsubscription.
   */
  onAttention(callback: () => void): () => void;
}

/** The part of `document` that tells about Permissions-Policy; Firefox and Safari have neither name. */
interface PolicyDocument {
  readonly permissionsPolicy?: { allowsFeature(feature: string): boolean };
  readonly featurePolicy?: { allowsFeature(feature: string): boolean };
}

/** Before the page's own listeners, which may stop an event. */
function listen(target: EventTarget | undefined, types: readonly string[], callback: () => void): () => void {
  for (const type of types) target?.addEventListener(type, callback, true);
  return () => {
    for (const type of types) target?.removeEventListener(type, callback, true);
  };
}

/** The real thing. Reads browser objects late, so that a call can be made before they are replaced or patched. */
export function browserEnvironment(): Environment {
  return {
    now: () => performance.now(),
    random: () => Math.random(),
    setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
    clearTimeout: (timer) => clearTimeout(timer as number | undefined),
    fetch: (url, init) => fetch(url, init),
    loadTransport,
    loadAgent: () => import('../transport/agent.js'),
    loadDialect: async (name) => (await import('../dialects/index.js')).loadDialect(name),
    openAudio: async (setup) => (await import('../media/pcm-audio.js')).openPcmAudio(setup),
    preconnect(origin) {
      const link = document.createElement('link');
      link.rel = 'preconnect';
      link.crossOrigin = 'anonymous';
      link.href = origin;
      // Browsers act when the link enters the document; nothing of it needs to stay in the page.
      document.head.append(link);
      link.remove();
    },
    createAudio: () => document.createElement('audio'),
    get mediaDevices() {
      return navigator.mediaDevices as MediaDevices | undefined;
    },
    get permissions() {
      return navigator.permissions as Permissions | undefined;
    },
    get secure() {
      return isSecureContext;
    },
    supports: (kind) =>
      kind === 'foreign' ||
      (kind === 'webrtc' ? typeof RTCPeerConnection === 'function' : typeof WebSocket === 'function' && typeof AudioWorkletNode === 'function'),
    get baseUrl() {
      return document.baseURI;
    },
    microphoneAllowed() {
      const { permissionsPolicy, featurePolicy } = document as PolicyDocument;
      return (permissionsPolicy ?? featurePolicy)?.allowsFeature('microphone');
    },
    onPageHide: (callback) => listen(window, ['pagehide'], callback),
    get online() {
      return navigator.onLine;
    },
    onOnline: (callback) => listen(window, ['online'], callback),
    onDeviceChange: (callback) => listen(navigator.mediaDevices, ['devicechange'], callback),
    onAttention: (callback) => listen(document, ['click', 'keydown', 'visibilitychange'], callback),
  };
}
