/**
 * Watches one call until it ends: receives its events over the sideband, enforces its limits and hangs up when necessary.
 * Independent of the runtime: sockets, time, `fetch` and state are arguments, so it runs in Node and in a Durable Object.
 *
 * Owns the parts of one call and its single end (hung up, reported, settled). Does not own leases or the assignment of watchers.
 */
import type { TokenPrices, VoiceServerOptions } from '../options.js';
import type { ServerObserver } from '../contract/server-events.js';
import type { Amounts, CallEndReason, CallRecord, SharedState } from '../contract/shared-state.js';
import { attachment } from './attachment.js';
import { brokeredSession } from './brokered-session.js';
import type { CallAgent, CallAgentFactory } from './call-agent.js';
import { CallGuard } from './call-guard.js';
import { CallUnattached } from '../contract/call-host.js';
import type { OpenServerSocket } from '../contract/call-host.js';
import { CallMeter } from './call-meter.js';
import { CallTimers } from './call-timers.js';
import { finishedTurn } from './finished-turns.js';
import { hangUp } from '../upstream/hang-up.js';
import { Sideband } from './sideband.js';
import type { RealtimeEvent } from './sideband.js';
import { StoredMemory } from './stored-memory.js';
import { ToolLimiter } from './tool-limiter.js';
import { ToolRuns } from './tool-runs.js';
import type { Profile, Upstream } from '../resolved-options.js';

/** Dependencies and callbacks of a watched call. */
export interface CallMonitorSetup {
  readonly call: CallRecord;
  readonly profile: Profile;
  readonly upstream: Upstream;
  /** Prices by model. */
  readonly prices: Readonly<Record<string, TokenPrices>>;
  readonly state: Pick<SharedState, 'settle'> & { readonly calls: Pick<SharedState['calls'], 'tell' | 'end' | 'remember'> };
  /** ID of this process among all watchers. */
  readonly watcher: string;
  readonly openSocket: OpenServerSocket;
  readonly emit: ServerObserver;
  readonly onTranscript?: VoiceServerOptions['onTranscript'];
  /** Whether another watcher had the call before. */
  readonly adopted: boolean;
  /** Milliseconds in which the sideband must be attached for the first time; default 10000. */
  readonly attachWithin?: number | undefined;
  /** Creates the agents of phone calls. */
  readonly agentOf?: CallAgentFactory | undefined;
  /** The call has ended and was settled, or was released. */
  onDone(): void;
}

/** See the head of the file. Call `start()` first, then `end()` or `release()`; the first of the two takes effect. */
export class CallMonitor {
  readonly call: CallRecord;
  readonly #setup: CallMonitorSetup;
  readonly #sideband: Sideband;
  readonly #timers: CallTimers;
  readonly #agent: CallAgent | undefined;
  /** The end reason to use when the API reports that the call is over. */
  #expectedEnd: CallEndReason;
  readonly #meter: CallMeter;
  /** `undefined` for phone calls, like `#tools`: callers have no data channel, and the agent runs on the server. */
  readonly #guard: CallGuard | undefined;
  readonly #tools: ToolRuns | undefined;
  readonly #limiter: ToolLimiter;
  readonly #attachment = attachment();
  readonly #memory: StoredMemory;
  #ending: Promise<void> | undefined;
  /** The API ended the call, so it need not be hung up. */
  #ended = false;
  #released = false;

  constructor(setup: CallMonitorSetup) {
    const { call, profile, prices, upstream, openSocket, state, emit } = setup;
    this.#setup = setup;
    this.call = call;
    const session = brokeredSession(profile, prices);
    this.#meter = new CallMeter({ limits: profile.limits, prices, session, spent: call.spent });
    this.#memory = new StoredMemory({ call, watcher: setup.watcher, calls: state.calls });
    this.#limiter = new ToolLimiter({
      limits: profile.limits.toolRuns,
      clock: upstream.clock,
      runs: call.memory?.tools?.runs ?? 0,
      onRun: (runs) => this.#memory.storeTools(runs, this.#tools?.open ?? []),
      onFlood: () => void this.end('flooded'),
    });
    if (call.kind === 'browser') {
      const guard = new CallGuard({ profile, session, memory: call.memory, adopted: setup.adopted });
      this.#guard = guard;
      this.#tools = new ToolRuns({
        tools: profile.tools,
        clock: upstream.clock,
        call,
        emit,
        limiter: this.#limiter,
        responses: guard.responses,
        send: (event) => this.#sideband.send(event),
        onOutput: (callId, id, output) => guard.outputSent(callId, id, output),
        onFinished: (open) => this.#memory.storeTools(this.#limiter.runs, open),
      });
    }
    this.#timers = new CallTimers({
      clock: upstream.clock,
      limits: profile.limits,
      deadline: call.deadline,
      onNotice: (notice) => void state.calls.tell(call.id, notice).catch(() => undefined),
      onEnd: (reason) => void this.end(reason),
    });
    this.#sideband = new Sideband({
      root: upstream.root,
      apiKeys: upstream.apiKeys,
      upstreamId: call.upstreamId,
      clock: upstream.clock,
      openSocket,
      known: setup.adopted,
      attachWithin: setup.attachWithin,
      onEvent: (event, text) => this.#receive(event, text),
      onAttached: (again, ms) => {
        this.#emitSideband(again ? 'attached-again' : 'attached');
        if (again) this.#guard?.eventsMissed();
        if (!again && call.kind === 'browser') this.#timers.expectPage();
        this.#tools?.sidebandReattached();
        emit({ type: 'upstream', operation: 'sideband', ms, status: 101 });
      },
      onLost: () => {
        // The API closes the sideband of a call that was hung up, perhaps before the state has stored the end.
        if (this.#ending) return;
        this.#emitSideband('lost');
        this.#timers.resetActivity();
        this.#emitUsage(this.#meter.countUnreported());
      },
      onGone: (why, { status, cause }) => {
        if (why === 'unattachable') {
          this.#emitSideband('given-up', cause);
          emit({ type: 'upstream', operation: 'sideband', ms: 0, status });
        }
        this.#ended = why === 'over';
        void this.end(this.#ended ? this.#expectedEnd : 'unwatched');
      },
    });
    // The API does not report who hung up; for phone calls, assume the caller.
    this.#expectedEnd = call.kind === 'phone' ? 'visitor' : 'upstream';
    this.#agent = setup.agentOf?.({
      call,
      profile,
      adopted: setup.adopted,
      limiter: this.#limiter,
      send: (text) => this.#sideband.send(JSON.parse(text) as RealtimeEvent),
      end: (reason) => this.end(reason),
      expectEnd: (reason) => {
        this.#expectedEnd = reason;
      },
    });
  }

  /** The call as the state should store it. */
  get record(): CallRecord {
    return { ...this.call, spent: this.spent, memory: this.#memory.value };
  }

  /**
   * Resolves when the sideband has received its first event and the session is stored with the call.
   *
   * @throws CallUnattached if the call ended before, once it was hung up and settled; StateUnavailable
   */
  get attached(): Promise<void> {
    return this.#attachment.promise;
  }

  /** Usage of the call so far. */
  get spent(): Amounts {
    const { clock } = this.#setup.upstream;
    return { calls: 1, seconds: Math.max(0, Math.ceil((clock.now() - this.call.startedAt) / 1000)), ...this.#meter.spent };
  }

  /** Starts to watch; a call past its deadline ends at once. */
  start(): void {
    this.#timers.start();
    if (!this.#ending) this.#sideband.open();
  }

  /** The visitor's page is connected to the notices. `fresh`: it has just connected. */
  visitorPresent(fresh: boolean): void {
    this.#timers.pagePresent(fresh);
  }

  /** The visitor types, or confirmed that they are still there. */
  visitorActive(): void {
    this.#timers.active();
  }

  /** The visitor's presence is currently unknown. */
  visitorUnknown(): void {
    this.#timers.presenceUnknown();
  }

  /** Hangs up and settles, once. Resolves when both are done. */
  end(reason: CallEndReason): Promise<void> {
    if (this.#released) return Promise.resolve();
    // In a microtask, because ending the call in the state notifies this watch again.
    return (this.#ending ??= Promise.resolve().then(() => this.#end(reason)));
  }

  /** Stops watching; the call continues under another watcher. */
  release(): void {
    if (this.#ending || this.#released) return;
    this.#released = true;
    this.#stop();
    this.#attachment.reject(new CallUnattached());
    this.#setup.onDone();
  }

  async #end(reason: CallEndReason): Promise<void> {
    const { call, upstream, state, emit, onDone } = this.#setup;
    // Responses that are cut off are billed too.
    this.#emitUsage(this.#meter.countUnreported());
    const { spent } = this;
    this.#timers.stop();
    this.#tools?.abort();
    const over = this.#ended || reason === 'upstream';
    await Promise.allSettled([over ? undefined : hangUp(upstream, call.upstreamId, emit), state.calls.end(call.id, reason)]);
    this.#stop();
    // If the state is unavailable, the reservation expires and counts in full.
    await state.settle(call.reservation, spent).catch(() => undefined);
    const { ref, kind, profile, visitor, startedAt } = call;
    emit({ type: 'call-ended', ref, kind, profile, visitor, startedAt, reason, spent });
    this.#attachment.reject(new CallUnattached());
    onDone();
  }

  #stop(): void {
    this.#timers.stop();
    this.#tools?.abort();
    this.#sideband.close();
    this.#agent?.close();
  }

  #receive(event: RealtimeEvent, text: string): void {
    if (this.#ending) return;
    // Counted first: the response with which a page tampers is billed as well.
    this.#emitUsage(this.#meter.handleEvent(event, this.#setup.upstream.clock.now()));
    const tampered = this.#guard?.handleEvent(event);
    if (tampered !== undefined) {
      const { call, emit } = this.#setup;
      emit({ type: 'tampered', ref: call.ref, profile: call.profile, field: tampered });
      void this.end('tampered');
      return;
    }
    this.#tools?.handleEvent(event);
    this.#timers.handleEvent(event);
    this.#agent?.handleEvent(event, text);
    this.#checkBudget();
    this.#reportTurn(event);
    // An API that rejects the key sends an error first.
    if (event.type !== 'error') this.#storeSession();
  }

  /** Stores the first session with the call, so that the next watcher compares with the same one. */
  #storeSession(): void {
    const session = this.#guard?.baseline;
    const stored = session && !this.#memory.value.session ? this.#memory.store({ session }) : Promise.resolve();
    // Only the first of them settles the attachment.
    stored.then(this.#attachment.resolve, this.#attachment.reject);
  }

  #checkBudget(): void {
    const { room } = this.#meter;
    if (room === 'none') void this.end('budget');
    else if (room === 'last' && this.#setup.profile.limits.warningSeconds > 0) this.#timers.endBudget();
  }

  #emitUsage(cost: Pick<Amounts, 'tokens' | 'micros'> | undefined): void {
    const { call, emit } = this.#setup;
    if (cost) emit({ type: 'call-usage', ref: call.ref, profile: call.profile, spent: { calls: 0, seconds: 0, ...cost } });
  }

  #reportTurn(event: RealtimeEvent): void {
    const { call, onTranscript, upstream } = this.#setup;
    const turn = onTranscript && finishedTurn(event);
    if (!turn) return;
    try {
      onTranscript({ ref: call.ref, profile: call.profile, visitor: call.visitor, ...turn, at: upstream.clock.now() });
    } catch {
      // Errors of the owner's callback do not affect the call.
    }
  }

  #emitSideband(state: 'attached' | 'lost' | 'attached-again' | 'given-up', cause?: unknown): void {
    this.#setup.emit({ type: 'sideband', ref: this.call.ref, state, ...(cause !== undefined && { cause }) });
  }
}
