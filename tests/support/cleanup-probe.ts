/**
 * What a fault leaves behind in a page: the reported errors, whether everything was released within a second of the
 * end, and every place where a key could have been left.
 */
import type { Page } from '@playwright/test';
import type { VoiceAgentEventDetails } from '../../src/contract/events.js';
import { ResourceProbe } from './resource-probe.js';
import type { Held } from './resource-probe.js';

/** An error reported to the page in `voice-agent-error`. */
export interface ToldError {
  readonly code: string;
  readonly message: string;
  readonly recoverable: boolean;
  readonly retryAfter: number | undefined;
}

/** The end of a call: the resources still held when the last one was released, or a second after the end. */
export interface Release {
  readonly afterMs: number;
  readonly held: Held;
}

declare global {
  interface Window {
    cleanup: {
      errors: ToldError[];
      /** All text that an error contains, at any depth. */
      dumps: string[];
      /** One entry per end of a call or attempt. */
      releases: Promise<Release>[];
      dump(value: unknown): string;
    };
  }
}

/** Milliseconds after an end within which everything must be released. */
const LIMIT = 1_000;

/** The cleanup in one page. */
export class CleanupProbe {
  readonly #page: Page;
  readonly #logs: string[] = [];
  readonly #addresses: string[] = [];

  constructor(page: Page) {
    this.#page = page;
    page.on('console', (message) => this.#logs.push(message.text()));
    page.on('request', (request) => this.#addresses.push(request.url()));
  }

  /** Call before the page is opened. */
  async install(): Promise<void> {
    await new ResourceProbe(this.#page).install();
    await this.#page.addInitScript(watch, LIMIT);
  }

  /** Every `voice-agent-error` so far. */
  errors(): Promise<ToldError[]> {
    return this.#page.evaluate(() => window.cleanup.errors);
  }

  /** The most recent end. */
  release(): Promise<Release | undefined> {
    return this.#page.evaluate(() => window.cleanup.releases.at(-1));
  }

  /** Console lines so far. */
  get logs(): readonly string[] {
    return this.#logs;
  }

  /** Everything in the page that other code could read, as text: it must not contain a key. */
  async readable(): Promise<Record<'document' | 'storage' | 'errors' | 'console' | 'addresses', string>> {
    const texts = await Promise.all(this.#page.frames().map((frame) => frame.evaluate(readAll)));
    const all = (part: 'document' | 'storage' | 'errors'): string => texts.map((text) => text[part]).join('\n');
    return {
      document: all('document'),
      storage: all('storage'),
      errors: all('errors'),
      console: this.#logs.join('\n'),
      addresses: this.#addresses.join('\n'),
    };
  }
}

/** Runs in the page. */
function watch(limit: number): void {
  const dump = (value: unknown): string => {
    const seen = new Set<unknown>();
    const visit = (part: unknown, depth: number): string => {
      if (typeof part !== 'object' || part === null) return String(part);
      if (seen.has(part) || depth > 8) return '';
      seen.add(part);
      return Object.getOwnPropertyNames(part)
        .map((name) => `${name}: ${visit((part as Record<string, unknown>)[name], depth + 1)}`)
        .join('\n');
    };
    return visit(value, 0);
  };
  const release = (): Promise<Release> => {
    const end = performance.now();
    return new Promise((resolve) => {
      const look = (): void => {
        const held = window.resources.held();
        const afterMs = performance.now() - end;
        const free = held.tracks + held.connections + held.contexts + held.players + held.timers.length === 0;
        if (free || afterMs >= limit) resolve({ afterMs, held });
        else setTimeout(look, 10);
      };
      look();
    });
  };
  window.cleanup = { errors: [], dumps: [], releases: [], dump };
  const listen = <K extends keyof VoiceAgentEventDetails>(type: K, listener: (detail: VoiceAgentEventDetails[K]) => void): void => {
    document.addEventListener(type, (event) => listener((event as CustomEvent<VoiceAgentEventDetails[K]>).detail));
  };
  listen('voice-agent-error', ({ error }) => {
    const { code, message, recoverable, retryAfter } = error;
    window.cleanup.errors.push({ code, message, recoverable, retryAfter });
    window.cleanup.dumps.push(dump(error));
  });
  listen('voice-agent-state-change', ({ state }) => {
    if (state === 'failed' || state === 'disconnected') window.cleanup.releases.push(release());
  });
}

/** Runs in the page. */
async function readAll(): Promise<{ document: string; storage: string; errors: string }> {
  const parts: string[] = [];
  const visit = (root: Document | ShadowRoot): void => {
    parts.push(root instanceof Document ? root.documentElement.outerHTML : [...root.children].map((child) => child.outerHTML).join(''));
    for (const element of root.querySelectorAll('*')) {
      if (element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement) parts.push(element.value);
      if (element.shadowRoot) visit(element.shadowRoot);
    }
  };
  visit(document);
  // Cross-origin frames and blank pages have no storage.
  const stored = async (read: () => unknown): Promise<unknown> => {
    try {
      return await read();
    } catch {
      return 'none here';
    }
  };
  const storage = [
    () => ({ ...localStorage }),
    () => ({ ...sessionStorage }),
    () => document.cookie,
    () => indexedDB.databases(),
    () => caches.keys(),
    () => [location.href, window.name, history.state as unknown],
  ];
  return {
    document: parts.join('\n'),
    storage: JSON.stringify(await Promise.all(storage.map(stored))),
    errors: (window.cleanup as Window['cleanup'] | undefined)?.dumps.join('\n') ?? '',
  };
}
