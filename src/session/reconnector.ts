/**
 * Reconnecting: replaces a broken connection, with a new key, and sends the conversation so far to the new server. Loaded at the
 * start of a call that asks for it, because after the loss there may be no network.
 *
 * Owns: which ends are retried, when and how often, what is sent to the new server, and the state kept from connection to
 * connection (`ReconnectState`) until the call ends.
 * Does not own: a connection (`live-call.ts`), the status (`voice-session.ts`), the transcript.
 */
import type { CallEnd } from '../contract/call-bus.js';
import { VoiceAgentError, type ErrorCode } from '../contract/errors.js';
import type { RealtimeEvent } from '../contract/options.js';
import type { StatusEvent } from '../contract/status-event.js';
import type { ConversationStore, Said } from '../conversation/index.js';
import type { Environment } from './environment.js';
import { until } from './http.js';
import type { LiveCall } from './live-call.js';
import type { ReconnectState } from './call-context.js';

/** Maximum attempts before the call is lost. If a new connection breaks soon, counting continues. */
const ATTEMPTS = 5;
/** Milliseconds for all attempts after one loss, including waiting for the network. */
const LIMIT = 60_000;
/** Milliseconds that a connection must last to reset the attempt count. */
const STABLE = 60_000;
/** Milliseconds before the first attempt; doubled before each further one, times a random factor of 0.5 to 1.5. */
const FIRST_PAUSE = 500;
/** Maximum characters of the latest history that are sent to the new server: about 8,000 tokens of a session's 32,000. */
const HISTORY_SIZE = 24_000;
/** Maximum number of remembered tool results. */
const MOST_RESULTS = 100;

/** Errors after which another attempt may succeed. All others need the visitor or the site's owner. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'network',
  'load_failed',
  'connection_lost',
  'token_timeout',
  'unavailable',
  'rate_limited',
  'sdp_invalid',
  'ice_failed',
  'channel_timeout',
  'timeout',
  'invalid_request',
]);

/** Dependencies and callbacks of the reconnector. */
export interface ReconnectorSetup {
  readonly environment: Environment;
  readonly conversation: ConversationStore;
  /** Milliseconds for one attempt. */
  readonly timeout: number;
  /** False if the server needs no history: for a transcription. */
  readonly restores: boolean;
  /** Whether a function of this name may run outside the page. A server that runs it ends the call if the page creates its calls. */
  runsElsewhere(name: string): boolean;
  /** Creates the call's next connection, which reuses the state kept by the last one. */
  make(kept: ReconnectState, timeout: number): LiveCall;
  change(event: StatusEvent): void;
}

/** Reconnects one call; see the head of the file. */
export class Reconnector {
  readonly #setup: ReconnectorSetup;
  readonly #abort = new AbortController();
  readonly #results = new Map<string, string>();
  /** Calls whose results the page has sent. */
  readonly #answered = new Set<string>();
  readonly #settings: RealtimeEvent[] = [];
  #armed = false;
  #running = false;
  #attempts = 0;
  #kept: ReconnectState | undefined;

  constructor(setup: ReconnectorSetup) {
    this.#setup = setup;
  }

  /** Enables reconnecting. */
  arm(): void {
    this.#armed = true;
  }

  /** Disables reconnecting; it can be enabled again. */
  disarm(): void {
    this.#armed = false;
  }

  /** Whether to reconnect after this end of a live connection: not after a hang-up or a refusal by the server. */
  handles(end: CallEnd): boolean {
    return this.#armed && typeof end !== 'string' && end.code === 'connection_lost';
  }

  /** Remembers what the new server needs besides the turns: tool results. */
  applyServerEvent({ type, item }: RealtimeEvent): void {
    if (!type.startsWith('conversation.item.')) return;
    const { type: kind, call_id: id, output } = (item ?? {}) as Readonly<Record<string, unknown>>;
    if (kind !== 'function_call_output' || typeof id !== 'string' || typeof output !== 'string') return;
    this.#results.set(id, output);
    if (this.#results.size > MOST_RESULTS) this.#results.delete(this.#results.keys().next().value as string);
  }

  /** Remembers session settings that the page changed during the call, and which calls it answered. */
  applySent(event: RealtimeEvent): void {
    if (event.type === 'session.update') this.#settings.push(event);
    const { type: kind, call_id: id } = (event['item'] ?? {}) as Readonly<Record<string, unknown>>;
    if (kind !== 'function_call_output' || typeof id !== 'string') return;
    this.#answered.add(id);
    if (this.#answered.size > MOST_RESULTS) this.#answered.delete(this.#answered.values().next().value as string);
  }

  /**
   * Replaces a lost connection. Resolves when another one is live.
   * @throws VoiceAgentError `connection_lost` if no attempt succeeded, with the last failure as its cause; an error that
   * retrying cannot fix; `aborted` after `release()`
   */
  async run(lost: LiveCall): Promise<void> {
    const { environment, change } = this.#setup;
    const { signal } = this.#abort;
    if (lost.age >= STABLE) this.#attempts = 0;
    const kept = (this.#kept = lost.part());
    this.#running = true;
    const deadline = environment.now() + LIMIT;
    let failure = new VoiceAgentError('connection_lost');
    while (this.#attempts < ATTEMPTS) {
      change({ type: 'reconnect', attempt: ++this.#attempts });
      const pause = FIRST_PAUSE * 2 ** (this.#attempts - 1) * (0.5 + environment.random());
      if (!(await this.#wait(Math.max(pause, failure.retryAfter ?? 0), deadline))) break;
      try {
        await this.#connect(kept, deadline);
        if (this.#kept === kept) this.#running = false;
        return;
      } catch (reason) {
        failure = VoiceAgentError.from(signal.aborted ? signal.reason : reason, 'network');
        if (!PASSING.has(failure.code)) throw failure;
      }
    }
    throw new VoiceAgentError('connection_lost', { cause: failure });
  }

  /** Ends a current or pending attempt and releases the kept state. */
  release(): void {
    this.#abort.abort(new VoiceAgentError('aborted'));
    const kept = this.#kept;
    this.#kept = undefined;
    if (!kept) return;
    kept.microphone?.release();
    kept.unclaim?.();
    // A live connection ends the conversation itself, after its last events.
    if (this.#running) this.#setup.conversation.endCall();
  }

  async #connect(kept: ReconnectState, deadline: number): Promise<void> {
    const { environment, conversation, make, timeout, restores } = this.#setup;
    const history = restores ? latest(conversation.history()) : [];
    const unanswered = kept.unanswered && history.length > 0;
    const restore = [...this.#settings, ...history.flatMap((said) => this.#recreate(said))];
    await make({ ...kept, unanswered, restore }, Math.min(timeout, Math.max(deadline - environment.now(), 1))).connect();
    this.#abort.signal.throwIfAborted();
  }

  /** Waits, and while the browser is offline also for the network. False if there is no time left. */
  async #wait(milliseconds: number, deadline: number): Promise<boolean> {
    const { environment } = this.#setup;
    const { signal } = this.#abort;
    const left = deadline - environment.now();
    if (milliseconds >= left) return false;
    await until(sleep(environment, milliseconds, signal), signal);
    if (environment.online) return true;
    const rest = deadline - environment.now();
    let stop: () => void = () => undefined;
    const back = new Promise<boolean>((resolve) => {
      stop = environment.onOnline(() => resolve(true));
    });
    const late = new AbortController();
    try {
      return await until(Promise.race([back, sleep(environment, rest, late.signal).then(() => false)]), signal);
    } finally {
      stop();
      late.abort();
    }
  }

  #recreate(said: Said): readonly RealtimeEvent[] {
    const create = (item: object): RealtimeEvent => ({ type: 'conversation.item.create', event_id: `restore_${said.id}`, item });
    if (said.kind === 'call') {
      const { id, callId, name, arguments: args } = said;
      if (this.#setup.runsElsewhere(name) && !this.#answered.has(callId)) return [];
      const output = this.#results.get(callId) ?? '{"error":"The connection broke before the result was known."}';
      return [
        create({ id, type: 'function_call', call_id: callId, name, arguments: args }),
        create({ type: 'function_call_output', call_id: callId, output }),
      ];
    }
    // Servers accept the agent's turns only as text.
    const type = said.role === 'user' ? 'input_text' : 'output_text';
    return [create({ id: said.id, type: 'message', role: said.role, content: said.parts.map((text) => ({ type, text })) })];
  }
}

/** The last turns, as many as fit. */
function latest(history: readonly Said[]): readonly Said[] {
  let room = HISTORY_SIZE;
  let first = history.length;
  while (first > 0) {
    const said = history[first - 1] as Said;
    room -= said.kind === 'call' ? said.arguments.length : said.parts.join('').length;
    if (room < 0) break;
    first -= 1;
  }
  return history.slice(first);
}

/** Resolves after a delay; aborting the signal clears the timer. */
function sleep(environment: Environment, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = environment.setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => environment.clearTimeout(timer));
  });
}
