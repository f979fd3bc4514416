/**
 * One brokered call: the site's own server places it with a key that never leaves the server, monitors it, and may end it.
 *
 * Owns: the offer exchange with that server, the call's URL there, the meaning of its notices, which end counts if the connection
 * ends and the server reports an end at about the same time, the hang-up (`DELETE`).
 * Does not own: the connection, the microphone, the stream itself (`call-notices.ts`).
 * Loaded only by `import()`.
 */
import type { CallBus, CallEnd } from '../contract/call-bus.js';
import { VoiceAgentError } from '../contract/errors.js';
import type { CallOptions } from '../contract/options.js';
import type { CallEnding } from '../contract/states.js';
import type { Answer } from '../transport/transport.js';
import { followNotices } from './call-notices.js';
import type { Environment } from './environment.js';
import { discard, readText, refusalError, httpRequest, until, withLimit } from './http.js';
import { callIdOf } from './call-id.js';
import { bearer, visitorProof } from './visitor-proof.js';

/** Milliseconds for the answer. */
const ANSWER_LIMIT = 10_000;
/** Bytes of an answer. */
const ANSWER_SIZE = 262_144;
/** Milliseconds to wait for the server to report why a connection ended. */
const REASON_LIMIT = 2_000;
/** Minimum milliseconds between two reports that the visitor is active. */
const ACTIVITY_PACE = 5_000;
/** Milliseconds after a call's maximum duration in which the server can end it. After that, the page ends it. */
const GRACE = 5_000;

/** Dependencies of a brokered call. */
export interface BrokeredCallSetup {
  readonly environment: Environment;
  readonly url: URL;
  readonly visitorToken: CallOptions['visitorToken'];
  /** Aborted when the call ends. */
  readonly signal: AbortSignal;
  /** Receives `ending`, and `end` once. */
  readonly bus: CallBus;
}

/** See the head of the file. */
export class BrokeredCall {
  readonly #setup: BrokeredCallSetup;
  readonly #over = new AbortController();
  readonly #timers: unknown[] = [];
  #address: URL | undefined;
  #proof: string | undefined;
  #ending: CallEnding | null | undefined;
  #activeAt = -Infinity;
  /** The server reported the end of the call: no hang-up is needed. */
  #gone = false;

  constructor(setup: BrokeredCallSetup) {
    this.#setup = setup;
    setup.bus.on('visitor-active', (confirmed) => this.#reportActivity(confirmed));
    setup.bus.on('disconnected', (end) => this.ended(end));
  }

  /** True once the server has returned the call's URL. */
  get placed(): boolean {
    return this.#address !== undefined;
  }

  /**
   * Asks the server to place the call. Never retried automatically: a lost answer leaves a call behind.
   * @throws VoiceAgentError `token_unauthorized`, `visitor_denied`, `origin_denied`, `rate_limited`, `unavailable`, `paused`,
   * `sdp_rejected`, `session_rejected`, `sdp_invalid`, `timeout`, `network`, `invalid_request`; the abort reason of the signal
   */
  async place(offer: string): Promise<Answer> {
    const { environment, url, visitorToken, signal } = this.#setup;
    this.#proof = await visitorProof(visitorToken, signal);
    // The request does not follow `signal`: cancelling it could leave a call whose URL is unknown.
    const { signal: limited, done } = withLimit(environment, ANSWER_LIMIT, () => new VoiceAgentError('timeout'));
    const init = { method: 'POST', body: offer, headers: { 'Content-Type': 'application/sdp', ...bearer(this.#proof) } };
    const placed = httpRequest(environment, url, init, limited, signal, true);
    placed.then(
      (response) => {
        if (response.ok) this.#address = addressOf(response, url);
        if (!signal.aborted) return;
        discard(response);
        this.#hangUp();
      },
      () => undefined,
    );
    try {
      const response = await until(placed, signal);
      const sdp = await until(readAnswer(response, url, limited), signal);
      if (!this.#address) throw new VoiceAgentError('sdp_invalid', { message: 'The answer has no valid Location header.' });
      this.#begin(response);
      return { sdp, callId: callIdOf(response) };
    } finally {
      done();
    }
  }

  /** The connection ended. The server's reason takes precedence, because a reached limit also looks like a lost connection. */
  ended(end: CallEnd): void {
    if (this.#over.signal.aborted) return;
    const unclear = end === 'server' || (typeof end === 'object' && end.code === 'connection_lost');
    if (unclear && this.#address) this.#after(REASON_LIMIT, () => this.#finish(end));
    else this.#finish(end);
  }

  /**
   * Reports to the server that the visitor is active, so that the call does not count as idle. `confirmed`: by the visitor;
   * otherwise reports are rate-limited. A lost report does no harm: the server announces the end, and the visitor can prevent it.
   */
  #reportActivity(confirmed: boolean): void {
    const { environment } = this.#setup;
    const now = environment.now();
    if (!this.#address || this.#over.signal.aborted || (!confirmed && !this.#ending && now - this.#activeAt < ACTIVITY_PACE)) return;
    this.#activeAt = now;
    environment.fetch(below(this.#address, '/activity'), { method: 'POST', headers: bearer(this.#proof) }).then(discard, () => undefined);
  }

  /** Releases everything, and hangs up unless the server has ended the call. */
  release(): void {
    this.#stop();
    if (!this.#gone) this.#hangUp();
  }

  #begin(response: Response): void {
    const { environment, signal, visitorToken } = this.#setup;
    const url = below(this.#address as URL, '/notices');
    const seconds = Number(/(?:^|[\s,])seconds=(\d{1,6})/.exec(response.headers.get('voice-call-limits') ?? '')?.[1]);
    if (seconds) this.#after(seconds * 1000 + GRACE, () => this.#finish('duration'));
    void followNotices({
      environment,
      url,
      signal: this.#over.signal,
      // The call's URL grants access. The visitor token is reused, because a new one may require another challenge.
      headers: async (refused) => {
        if (refused) this.#proof = await visitorProof(visitorToken, signal);
        return bearer(this.#proof);
      },
      onNotice: (notice) => this.#apply(notice as Notice | null),
      onUnknown: () => {
        this.#gone = true;
        this.#finish(new VoiceAgentError('connection_lost', { message: 'The server no longer knows this call.' }));
      },
    });
  }

  #apply(notice: Notice | null): void {
    if (this.#over.signal.aborted) return;
    const { type, reason, seconds } = notice ?? {};
    if (type === 'ended') {
      this.#gone = true;
      this.#finish(endOf(reason));
    } else if (type === 'continues') {
      if (this.#ending) this.#setup.bus.emit('ending', (this.#ending = null));
    } else if (type === 'ending' && isLimit(reason) && typeof seconds === 'number' && seconds >= 0 && seconds <= 3_600) {
      const at = this.#setup.environment.now() + seconds * 1000;
      // The same end, repeated on a reopened stream.
      if (this.#ending?.reason === reason && Math.abs(this.#ending.at - at) < 2_000) return;
      this.#setup.bus.emit('ending', (this.#ending = Object.freeze({ reason, seconds: Math.round(seconds), at })));
    }
  }

  #finish(end: CallEnd): void {
    if (this.#over.signal.aborted) return;
    this.#stop();
    this.#setup.bus.emit('end', end);
  }

  #stop(): void {
    this.#over.abort();
    for (const timer of this.#timers) this.#setup.environment.clearTimeout(timer);
  }

  #after(milliseconds: number, act: () => void): void {
    this.#timers.push(this.#setup.environment.setTimeout(act, milliseconds));
  }

  /** Not awaited: if the request fails, the server notices the missing notices stream and ends the call. */
  #hangUp(): void {
    const address = this.#address;
    this.#address = undefined;
    if (!address) return;
    // `keepalive`: the request also completes when the page is unloaded.
    this.#setup.environment
      .fetch(address, { method: 'DELETE', headers: bearer(this.#proof), keepalive: true })
      .then(discard, () => undefined);
  }
}

/** A notice from the server (`CallNotice` there), not yet validated. */
interface Notice {
  readonly type?: unknown;
  readonly reason?: unknown;
  readonly seconds?: unknown;
}

const isLimit = (reason: unknown): reason is CallEnding['reason'] => reason === 'duration' || reason === 'idle' || reason === 'budget';

/** Maps the server's reason to the end of the call. */
function endOf(reason: unknown): CallEnd {
  if (isLimit(reason)) return reason;
  // Too many runs of the server's tools.
  if (reason === 'flooded') return 'budget';
  if (reason === 'tampered') {
    const message = 'The server ended the call: the page changed settings, or sent items or requests, that its profile does not allow.';
    return new VoiceAgentError('session_rejected', { message });
  }
  // The server cannot monitor the call, shuts down, or lost contact with this page. A new call may succeed.
  if (reason === 'vanished' || reason === 'unwatched' || reason === 'shutdown') return new VoiceAgentError('connection_lost');
  // Ended remotely: by the agent, the Realtime API, or another client that has the call's URL.
  return 'server';
}

async function readAnswer(response: Response, url: URL, signal: AbortSignal): Promise<string> {
  const { status } = response;
  if (!response.ok) {
    // For these statuses, the server rejected the offer itself.
    if (status !== 400 && status !== 413 && status !== 422) throw await refusalError(response, 'session_rejected', signal);
    discard(response);
    throw new VoiceAgentError('sdp_rejected', { message: `The server refused the call (${status}).` });
  }
  if (response.redirected && new URL(response.url).origin !== url.origin) {
    discard(response);
    throw new VoiceAgentError('session_rejected', { message: 'call-url redirects to another origin.' });
  }
  const sdp = await readText(response, ANSWER_SIZE, 'sdp_invalid', signal);
  if (!sdp.startsWith('v=0')) throw new VoiceAgentError('sdp_invalid');
  return sdp;
}

/** The call's URL: below the URL it was placed at, since the server may be mounted at a path it does not know. */
function addressOf(response: Response, url: URL): URL | undefined {
  const id = callIdOf(response);
  const at = response.redirected ? new URL(response.url) : url;
  return id === undefined || at.origin !== url.origin ? undefined : below(at, `/${id}`);
}

/** Appends a path and keeps the query, which names the profile. */
function below(url: URL, path: string): URL {
  const address = new URL(url);
  address.pathname = address.pathname.replace(/\/+$/, '') + path;
  return address;
}
