/**
 * Everything that a call takes from the browser, as one argument, so that tests own time, chance, network and devices.
 */
import type { MicrophoneSource } from '../media/microphone.js';
import type { Timers, TransportModule } from '../transport/transport.js';

/** What a call needs from outside. */
export interface Environment extends Timers, MicrophoneSource {
  /** Milliseconds of a steady clock; the visitor's wall clock may be days off. */
  now(): number;
  /** 0 ≤ x < 1. */
  random(): number;
  fetch(url: string | URL, init: RequestInit): Promise<Response>;
  /** Loads the transport's code; called again after a failure. */
  loadTransport(): Promise<TransportModule>;
  /** Opens the connection to a server before anything is asked of it; sends no request. */
  preconnect(origin: string): void;
  /** A new audio element, not in the document. */
  createAudio(): HTMLAudioElement;
  /** True where the browser can make peer connections. */
  readonly webRtc: boolean;
  /** The address that relative ones are resolved against. */
  readonly baseUrl: string;
  /** Calls back when the page goes away, also into the back/forward cache. Returns the unsubscription. */
  onPageHide(callback: () => void): () => void;
}

/** The part of `document` that tells about Permissions-Policy; Firefox and Safari have neither name. */
interface PolicyDocument {
  readonly permissionsPolicy?: { allowsFeature(feature: string): boolean };
  readonly featurePolicy?: { allowsFeature(feature: string): boolean };
}

/** Where zod keeps its page-global settings. */
interface ZodHost {
  __zod_globalConfig?: { jitless?: boolean };
}

/**
 * The transport's code, once asked for. Browsers answer an `import()` of a loaded module some tasks later, after the panel
 * that the same click opens was laid out; an own promise is as good as at once.
 */
let transport: Promise<TransportModule> | undefined;

/** The real thing. Reads browser objects late, so that a call can be made before they are replaced or patched. */
export function browserEnvironment(): Environment {
  return {
    now: () => performance.now(),
    random: () => Math.random(),
    setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
    clearTimeout: (timer) => clearTimeout(timer as number | undefined),
    fetch: (url, init) => fetch(url, init),
    loadTransport() {
      // The SDK's zod would probe `new Function("")`, which a strict Content-Security-Policy reports. It reads this
      // switch while it loads, so it is set before the chunk is asked for: bundlers may reorder modules inside a chunk.
      ((globalThis as ZodHost).__zod_globalConfig ??= {}).jitless = true;
      return (transport ??= import('../transport/index.js').catch((reason: unknown) => {
        transport = undefined;
        throw reason;
      }));
    },
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
    get webRtc() {
      return typeof RTCPeerConnection === 'function';
    },
    get baseUrl() {
      return document.baseURI;
    },
    microphoneAllowed() {
      const { permissionsPolicy, featurePolicy } = document as PolicyDocument;
      return (permissionsPolicy ?? featurePolicy)?.allowsFeature('microphone');
    },
    onPageHide(callback) {
      addEventListener('pagehide', callback);
      return () => removeEventListener('pagehide', callback);
    },
  };
}
