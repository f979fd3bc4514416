/**
 * One brokered call: the site's own server places it with a key that stays there, watches it, and may end it.
 *
 * Owns: the exchange of the offer with that server, the call's name there, what its notices mean, which end counts when the
 * connection and the server's word arrive together, the hang-up (`DELETE`).
 * Does not own: the connection, the microphone, the stream itself (`call-notices.ts`).
 * Reached only by `import()`.
 */
import { VoiceAgentError } from '../contract/errors.js';
import type { CallOptions } from '../contract/options.js';
import type { CallEnding } from '../contract/states.js';
import type { Answer, CallEnd } from '../transport/transport.js';
import { followNotices } from './call-notices.js';
import type { Environment } from './environment.js';
import { discard, readText, refusal, request, until, withLimit } from './http.js';
import { callIdOf } from './call-id.js';
import { bearer, visitorProof } from './visitor-proof.js';

/** Milliseconds for the answer. */
const ANSWER_LIMIT = 10_000;
/** Bytes of an answer. */
const ANSWER_SIZE = 262_144;
/** Milliseconds for which a connection that ended by itself waits for the server to say why. */
const WORD_LIMIT = 2_000;
/** Milliseconds between two reports that the visitor is active. */
const ACTIVITY_PACE = 5_000;
/** Milliseconds after a call's longest time in which its server, which may be gone, can end it. Then it is ended here. */
const GRACE = 5_000;

/** What a brokered call needs and whom it tells. */
export interface BrokeredCallSetup {
  readonly environment: Environment;
  readonly url: URL;
  readonly visitorToken: CallOptions['visitorToken'];
  /** Ends with the call. */
  readonly signal: AbortSignal;
  onEnding(ending: CallEnding | null): void;
  /** The call is over, said once. */
  onEnd(end: CallEnd): void;
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
  /** The server said that the call is over: nobody has to be told. */
  #gone = false;

  constructor(setup: BrokeredCallSetup) {
    this.#setup = setup;
  }

  /** True once the server has named the call. */
  get placed(): boolean {
    return this.#address !== undefined;
  }

  /**
   * Has the server place the call. Never repeated by itself: an answer that was lost on its way leaves a call behind.
   * @throws VoiceAgentError `token_unauthorized`, `visitor_denied`, `origin_denied`, `rate_limited`, `unavailable`, `sdp_rejected`,
   * `session_rejected`, `sdp_invalid`, `timeout`, `network`, `invalid_request`; what the signal was aborted with
   */
  async place(offer: string): Promise<Answer> {
    const { environment, url, visitorToken, signal } = this.#setup;
    this.#proof = await visitorProof(visitorToken, signal);
    // The request does not follow `signal`: cancelling it would leave a call that nobody can name.
    const { signal: limited, done } = withLimit(environment, ANSWER_LIMIT, () => new VoiceAgentError('timeout'));
    const init = { method: 'POST', body: offer, headers: { 'Content-Type': 'application/sdp', ...bearer(this.#proof) } };
    const placed = request(environment, url, init, limited, signal, true);
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
      if (!this.#address) throw new VoiceAgentError('sdp_invalid', { message: 'The server did not name the call (Location).' });
      this.#begin(response);
      return { sdp, callId: callIdOf(response) };
    } finally {
      done();
    }
  }

  /** The connection ended by itself. The server's word goes over it: a limit looks like a broken line, too. */
  ended(end: CallEnd): void {
    if (this.#over.signal.aborted) return;
    const unclear = end === 'server' || (typeof end === 'object' && end.code === 'connection_lost');
    if (unclear && this.#address) this.#after(WORD_LIMIT, () => this.#finish(end));
    else this.#finish(end);
  }

  /**
   * Reports to the server that the visitor is active, so that it does not count as silence. `asked`: the visitor said so; otherwise as often
   * as the pace allows. A report that does not arrive changes nothing: the server announces the end, which the visitor can stop.
   */
  reportActivity(asked = false): void {
    const { environment } = this.#setup;
    const now = environment.now();
    if (!this.#address || this.#over.signal.aborted || (!asked && !this.#ending && now - this.#activeAt < ACTIVITY_PACE)) return;
    this.#activeAt = now;
    environment.fetch(below(this.#address, '/activity'), { method: 'POST', headers: bearer(this.#proof) }).then(discard, () => undefined);
  }

  /** Lets everything go, and hangs up unless the call is over at the server. */
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
      // The call's name opens this door. The proof goes along as it was, because another one may cost the visitor a puzzle.
      headers: async (refused) => {
        if (refused) this.#proof = await visitorProof(visitorToken, signal);
        return bearer(this.#proof);
      },
      onNotice: (notice) => this.#hear(notice as Notice | null),
      onUnknown: () => {
        this.#gone = true;
        this.#finish(new VoiceAgentError('connection_lost', { message: 'The server does not know this call any more.' }));
      },
    });
  }

  #hear(notice: Notice | null): void {
    if (this.#over.signal.aborted) return;
    const { type, reason, seconds } = notice ?? {};
    if (type === 'ended') {
      this.#gone = true;
      this.#finish(endOf(reason));
    } else if (type === 'continues') {
      if (this.#ending) this.#setup.onEnding((this.#ending = null));
    } else if (type === 'ending' && isLimit(reason) && typeof seconds === 'number' && seconds >= 0 && seconds <= 3_600) {
      const at = this.#setup.environment.now() + seconds * 1000;
      // Told again on a stream that was opened again: the same end.
      if (this.#ending?.reason === reason && Math.abs(this.#ending.at - at) < 2_000) return;
      this.#setup.onEnding((this.#ending = Object.freeze({ reason, seconds: Math.round(seconds), at })));
    }
  }

  #finish(end: CallEnd): void {
    if (this.#over.signal.aborted) return;
    this.#stop();
    this.#setup.onEnd(end);
  }

  #stop(): void {
    this.#over.abort();
    for (const timer of this.#timers) this.#setup.environment.clearTimeout(timer);
  }

  #after(milliseconds: number, act: () => void): void {
    this.#timers.push(this.#setup.environment.setTimeout(act, milliseconds));
  }

  /** Nobody waits for it: a server that cannot be told misses the stream of notices, and ends the call by itself. */
  #hangUp(): void {
    const address = this.#address;
    this.#address = undefined;
    if (!address) return;
    // `keepalive`: also when the page goes away.
    this.#setup.environment.fetch(address, { method: 'DELETE', headers: bearer(this.#proof), keepalive: true }).then(discard, () => undefined);
  }
}

/** As it comes from the server (`CallNotice` there); anything, until it is checked. */
interface Notice {
  readonly type?: unknown;
  readonly reason?: unknown;
  readonly seconds?: unknown;
}

const isLimit = (reason: unknown): reason is CallEnding['reason'] => reason === 'duration' || reason === 'idle' || reason === 'budget';

/** What the server's reason is for the visitor. */
function endOf(reason: unknown): CallEnd {
  if (isLimit(reason)) return reason;
  if (reason === 'tampered') {
    const message = 'The server ended the call: the page changed settings that its profile does not leave to pages.';
    return new VoiceAgentError('session_rejected', { message });
  }
  // The server cannot, or will not, watch the call; or it missed this page. Another call may come about.
  if (reason === 'vanished' || reason === 'unwatched' || reason === 'shutdown') return new VoiceAgentError('connection_lost');
  // Somebody else hung up: the agent, the Realtime API, another holder of the call's name.
  return 'server';
}

async function readAnswer(response: Response, url: URL, signal: AbortSignal): Promise<string> {
  const { status } = response;
  if (!response.ok) {
    // The offer, and nothing else, is what the server does not like.
    if (status !== 400 && status !== 413 && status !== 422) throw await refusal(response, 'session_rejected', signal);
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

/** Where the call is to be found: below the address it was placed at, which may be mounted elsewhere than the server thinks. */
function addressOf(response: Response, url: URL): URL | undefined {
  const id = callIdOf(response);
  const at = response.redirected ? new URL(response.url) : url;
  return id === undefined || at.origin !== url.origin ? undefined : below(at, `/${id}`);
}

/** The query stays: it names the profile. */
function below(url: URL, path: string): URL {
  const address = new URL(url);
  address.pathname = address.pathname.replace(/\/+$/, '') + path;
  return address;
}
