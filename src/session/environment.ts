/**
 * Everything that a call uses of the browser, in one argument, so that tests control time, randomness, network and devices.
 */
import type { MicrophoneSource } from '../media/microphone.js';
import { playsContextTracks } from '../media/plays-context-tracks.js';
import type { Dialect, DialectName } from '../contract/dialect.js';
import type { OpenPcmAudio } from '../contract/pcm-audio.js';
import type { AgentModule, Timers, TransportModule } from '../transport/transport.js';
import { loadTransport, type TransportKind } from './load-transport.js';

/** The browser features that a call uses. */
export interface Environment extends Timers, MicrophoneSource {
  /** Milliseconds of a monotonic clock; the visitor's wall clock may be days off. */
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
  /** Loads the code for audio over WebSocket and opens it. */
  readonly openAudio: OpenPcmAudio;
  /** Preconnects to a server without sending a request. */
  preconnect(origin: string): void;
  /** A new audio element, not in the document. */
  createAudio(): HTMLAudioElement;
  /** False if an audio element may play the track of an audio context without sound: the context plays it then. */
  readonly playsContextTracks: boolean;
  /** Whether the browser supports this kind of transport. */
  supports(kind: TransportKind): boolean;
  /** The base URL for relative URLs. */
  readonly baseUrl: string;
  /** Calls back when the page is unloaded or enters the back/forward cache. Returns a function that unsubscribes. */
  onPageHide(callback: () => void): () => void;
  /** False while the browser reports that it is offline. */
  readonly online: boolean;
  /** Calls back when the browser is online again. Returns a function that unsubscribes. */
  onOnline(callback: () => void): () => void;
  /** Calls back when a device is added or removed; some browsers call back repeatedly. Returns a function that unsubscribes. */
  onDeviceChange(callback: () => void): () => void;
  /**
   * Calls back on a click or key press anywhere in the page, or when the page becomes visible again: the browser may now allow
   * what it blocked before. Returns a function that unsubscribes.
   */
  onAttention(callback: () => void): () => void;
}

/** The part of `document` that exposes Permissions-Policy; Firefox and Safari have neither property. */
interface PolicyDocument {
  readonly permissionsPolicy?: { allowsFeature(feature: string): boolean };
  readonly featurePolicy?: { allowsFeature(feature: string): boolean };
}

/** Listens in the capture phase, before the page's own listeners, which may stop an event. */
function listen(target: EventTarget | undefined, types: readonly string[], callback: () => void): () => void {
  for (const type of types) target?.addEventListener(type, callback, true);
  return () => {
    for (const type of types) target?.removeEventListener(type, callback, true);
  };
}

/** The real browser. Reads browser objects only on use, so that they can be replaced or patched after this call. */
export function browserEnvironment(): Environment {
  return {
    now: () => performance.now(),
    random: () => Math.random(),
    setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
    clearTimeout: (timer) => clearTimeout(timer as number | undefined),
    fetch: (url, init) => fetch(url, init),
    loadTransport,
    loadAgent: () => import('../transport/agent/index.js'),
    loadDialect: async (name) => (await import('../dialects/index.js')).loadDialect(name),
    openAudio: async (setup) => (await import('../media/pcm-audio.js')).openPcmAudio(setup),
    preconnect(origin) {
      const link = document.createElement('link');
      link.rel = 'preconnect';
      link.crossOrigin = 'anonymous';
      link.href = origin;
      // Browsers act when the link enters the document; it can be removed at once.
      document.head.append(link);
      link.remove();
    },
    createAudio: () => document.createElement('audio'),
    get playsContextTracks() {
      return playsContextTracks(navigator);
    },
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
      kind === 'custom' ||
      (kind === 'webrtc'
        ? typeof RTCPeerConnection === 'function'
        : typeof WebSocket === 'function' && typeof AudioWorkletNode === 'function'),
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
