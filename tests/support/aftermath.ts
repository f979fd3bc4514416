/**
 * What a fault leaves behind in a page: the errors that the page was told, whether everything was let go of within a
 * second of the end, and every place where a key could have been left.
 */
import type { Page } from '@playwright/test';
import type { VoiceAgentEventDetails } from '../../src/contract/events.js';
import { Census } from './census.js';
import type { Held } from './census.js';

/** An error as the page saw it in `voice-agent-error`. */
export interface ToldError {
  readonly code: string;
  readonly message: string;
  readonly recoverable: boolean;
  readonly retryAfter: number | undefined;
}

/** How a call's end went: what was still held when the last thing was let go of, or a second after the end. */
export interface Release {
  readonly afterMs: number;
  readonly held: Held;
}

declare global {
  interface Window {
    aftermath: {
      errors: ToldError[];
      /** Everything that an error holds, at any depth, as text. */
      dumps: string[];
      /** One entry per end of a call or attempt. */
      releases: Promise<Release>[];
      dump(value: unknown): string;
    };
  }
}

/** Milliseconds after an end in which everything has to be let go of. */
const LIMIT = 1_000;

/** The aftermath in one page. */
export class Aftermath {
  readonly #page: Page;
  readonly #logs: string[] = [];
  readonly #addresses: string[] = [];

  constructor(page: Page) {
    this.#page = page;
    page.on('console', (message) => this.#logs.push(message.text()));
    page.on('request', (request) => this.#addresses.push(request.url()));
  }

  /** To be called before the page is opened. */
  async install(): Promise<void> {
    await new Census(this.#page).install();
    await this.#page.addInitScript(watch, LIMIT);
  }

  /** Each `voice-agent-error` so far. */
  errors(): Promise<ToldError[]> {
    return this.#page.evaluate(() => window.aftermath.errors);
  }

  /** How the latest end went. */
  release(): Promise<Release | undefined> {
    return this.#page.evaluate(() => window.aftermath.releases.at(-1));
  }

  /** Console lines so far. */
  get logs(): readonly string[] {
    return this.#logs;
  }

  /** Everything of the page that somebody else could read, as text: a key must not be in it. */
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
        const held = window.census.held();
        const afterMs = performance.now() - end;
        const free = held.tracks + held.connections + held.contexts + held.players + held.timers.length === 0;
        if (free || afterMs >= limit) resolve({ afterMs, held });
        else setTimeout(look, 10);
      };
      look();
    });
  };
  window.aftermath = { errors: [], dumps: [], releases: [], dump };
  const listen = <K extends keyof VoiceAgentEventDetails>(type: K, listener: (detail: VoiceAgentEventDetails[K]) => void): void => {
    document.addEventListener(type, (event) => listener((event as CustomEvent<VoiceAgentEventDetails[K]>).detail));
  };
  listen('voice-agent-error', ({ error }) => {
    const { code, message, recoverable, retryAfter } = error;
    window.aftermath.errors.push({ code, message, recoverable, retryAfter });
    window.aftermath.dumps.push(dump(error));
  });
  listen('voice-agent-state-change', ({ state }) => {
    if (state === 'failed' || state === 'disconnected') window.aftermath.releases.push(release());
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
  // Frames of other origins and empty pages have no storage.
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
    errors: (window.aftermath as Window['aftermath'] | undefined)?.dumps.join('\n') ?? '',
  };
}
