/**
 * Counts the resources that a call holds in the page: microphone tracks, peer connections, audio contexts, playing
 * elements, and timers and frames requested by the widget's own files. Installed before any script of the page.
 */
import type { Page } from '@playwright/test';

/** The resources held at one moment. */
export interface Held {
  readonly tracks: number;
  readonly connections: number;
  readonly sockets: number;
  readonly contexts: number;
  readonly players: number;
  /** The call site of each running timer and requested frame of the widget. */
  readonly timers: readonly string[];
}

/** How often browser APIs were used since the page began. */
export interface Asked {
  readonly microphone: number;
  readonly permission: number;
  readonly connections: number;
  readonly contexts: number;
  readonly timers: number;
}

/** No resources held. */
export const NOTHING: Held = { tracks: 0, connections: 0, sockets: 0, contexts: 0, players: 0, timers: [] };

declare global {
  interface Window {
    resources: { held(): Held; asked(): Asked };
  }
}

/** The counter of one page. */
export class ResourceProbe {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Call before the page is opened. */
  async install(): Promise<void> {
    await this.#page.addInitScript(installCensus);
  }

  held(): Promise<Held> {
    return this.#page.evaluate(() => window.resources.held());
  }

  /** The resources held once nothing is held, or after a second at the latest. */
  settled(): Promise<Held> {
    return this.#page.evaluate(async () => {
      const deadline = performance.now() + 1_000;
      for (;;) {
        const held = window.resources.held();
        const idle = Object.values(held).every((value) => value === 0 || (Array.isArray(value) && value.length === 0));
        if (idle || performance.now() >= deadline) return held;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
  }

  asked(): Promise<Asked> {
    return this.#page.evaluate(() => window.resources.asked());
  }
}

/** Runs in the page. */
function installCensus(): void {
  const tracks = new Set<MediaStreamTrack>();
  const connections = new Set<RTCPeerConnection>();
  const sockets = new Set<WebSocket>();
  const contexts = new Set<AudioContext>();
  const players = new Set<HTMLMediaElement>();
  const timers = new Map<string, string>();
  const asked = { microphone: 0, permission: 0, connections: 0, contexts: 0, timers: 0 };

  /** The line in the widget's files that called the wrapper, if any: the test's own timers do not count. */
  const caller = (): string | undefined => {
    const line = new Error().stack?.split('\n')[3] ?? '';
    return /\/voice-agent\.js|\/sandbox-browser\.js|\/chunks\//.test(line) ? line.trim() : undefined;
  };

  // Insecure pages have no media devices.
  if ('MediaDevices' in window) {
    const devices = MediaDevices.prototype;
    const { getUserMedia } = devices;
    devices.getUserMedia = async function (constraints) {
      asked.microphone++;
      const stream = await getUserMedia.call(this, constraints);
      for (const track of stream.getTracks()) tracks.add(track);
      return stream;
    };
  }

  const { query } = Permissions.prototype;
  Permissions.prototype.query = function (descriptor) {
    asked.permission++;
    return query.call(this, descriptor);
  };

  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      asked.connections++;
      connections.add(this);
    }
  };
  window.WebSocket = class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      sockets.add(this);
    }
  };
  window.AudioContext = class extends AudioContext {
    constructor(options?: AudioContextOptions) {
      super(options);
      // A test's own recorder does not belong to the widget.
      if (!caller()) return;
      asked.contexts++;
      contexts.add(this);
    }
  };

  const sources = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'srcObject') as Required<PropertyDescriptor>;
  Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', {
    ...sources,
    set(this: HTMLMediaElement, value: unknown) {
      players.add(this);
      sources.set.call(this, value);
    },
  });

  const remember = (kind: string, id: number, at: string | undefined): number => {
    if (at) {
      asked.timers++;
      timers.set(`${kind} ${String(id)}`, `${kind} ${at}`);
    }
    return id;
  };
  const { setTimeout, clearTimeout, setInterval, clearInterval, requestAnimationFrame, cancelAnimationFrame } = window;
  Object.assign(window, {
    setTimeout(callback: (...args: unknown[]) => void, milliseconds?: number, ...args: unknown[]) {
      const id: number = setTimeout(() => {
        timers.delete(`timeout ${String(id)}`);
        callback(...args);
      }, milliseconds);
      return remember('timeout', id, caller());
    },
    clearTimeout(id: number) {
      timers.delete(`timeout ${String(id)}`);
      clearTimeout(id);
    },
    setInterval(callback: () => void, milliseconds?: number) {
      return remember('interval', setInterval(callback, milliseconds), caller());
    },
    clearInterval(id: number) {
      timers.delete(`interval ${String(id)}`);
      clearInterval(id);
    },
    requestAnimationFrame(callback: FrameRequestCallback) {
      const id = requestAnimationFrame((time) => {
        timers.delete(`frame ${String(id)}`);
        callback(time);
      });
      return remember('frame', id, caller());
    },
    cancelAnimationFrame(id: number) {
      timers.delete(`frame ${String(id)}`);
      cancelAnimationFrame(id);
    },
  });

  window.resources = {
    held: () => ({
      tracks: [...tracks].filter(({ readyState }) => readyState === 'live').length,
      connections: [...connections].filter(({ connectionState }) => connectionState !== 'closed').length,
      sockets: [...sockets].filter(({ readyState }) => readyState !== WebSocket.CLOSED).length,
      contexts: [...contexts].filter(({ state }) => state !== 'closed').length,
      players: [...players].filter(({ srcObject }) => srcObject !== null).length,
      timers: [...timers.values()],
    }),
    asked: () => ({ ...asked }),
  };
}
