/**
 * One call that is kept within its limits until it ends: hears its events over the sideband and hangs up where it has to.
 * Knows no runtime: sockets, time, `fetch` and state are arguments, so that it runs in a Node process as in a Durable Object.
 *
 * Owns: what belongs to one call, and its one end (hung up, told, settled). Does not own leases, nor who watches which call.
 */
import type { Profile, TokenPrices, Upstream, VoiceServerOptions } from '../options.js';
import type { ServerObserver } from '../observe/server-events.js';
import type { Amounts, CallEndReason, CallRecord, SharedState } from '../state/shared-state.js';
import { brokeredSession } from './brokered-session.js';
import type { CallAgent, CallAgentFactory } from './call-agent.js';
import type { OpenServerSocket } from './call-host.js';
import { CallMeter } from './call-meter.js';
import { CallTimers } from './call-timers.js';
import { finishedTurn } from './finished-turns.js';
import { hangUp } from './hang-up.js';
import { PinnedSession } from './pinned-session.js';
import { Sideband } from './sideband.js';
import type { RealtimeEvent } from './sideband.js';
import { ToolRuns } from './tool-runs.js';

/** What watching a call needs. */
export interface CallWatchSetup {
  readonly call: CallRecord;
  readonly profile: Profile;
  readonly upstream: Upstream;
  /** By model. */
  readonly prices: Readonly<Record<string, TokenPrices>>;
  readonly state: Pick<SharedState, 'settle'> & { readonly calls: Pick<SharedState['calls'], 'tell' | 'end'> };
  readonly openSocket: OpenServerSocket;
  readonly tell: ServerObserver;
  readonly onTranscript?: VoiceServerOptions['onTranscript'];
  /** True where another watcher had it before. */
  readonly adopted: boolean;
  /** Makes the agents of phone calls. */
  readonly agentOf?: CallAgentFactory | undefined;
  /** Nothing is left to do: it ended and was settled, or was released. */
  onDone(): void;
}

/** See the head of the file. `start()` first; then `end()` or `release()`, whichever comes first. */
export class CallWatch {
  readonly call: CallRecord;
  readonly #setup: CallWatchSetup;
  readonly #sideband: Sideband;
  readonly #timers: CallTimers;
  readonly #agent: CallAgent | undefined;
  /** What it means when the API says that the call is over. */
  #leaving: CallEndReason;
  readonly #meter: CallMeter;
  /** Of phone calls, whose callers reach no data channel, neither: the agent there is the server's own. */
  readonly #pinned: PinnedSession | undefined;
  readonly #tools: ToolRuns | undefined;
  #ending: Promise<void> | undefined;
  /** The API ended it: there is nothing to hang up. */
  #over = false;
  #released = false;

  constructor(setup: CallWatchSetup) {
    const { call, profile, prices, upstream, openSocket, state, tell } = setup;
    this.#setup = setup;
    this.call = call;
    const session = brokeredSession(profile, prices);
    this.#meter = new CallMeter({ limits: profile.limits, prices, session, spent: call.spent });
    if (call.kind === 'browser') {
      this.#pinned = new PinnedSession({ session, mayChange: profile.clientMayChange });
      this.#tools = new ToolRuns({
        tools: profile.tools,
        clock: upstream.clock,
        call,
        tell,
        send: (event) => this.#sideband.send(event),
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
      apiKey: upstream.apiKey,
      upstreamId: call.upstreamId,
      clock: upstream.clock,
      openSocket,
      known: setup.adopted,
      onEvent: (event, text) => this.#hear(event, text),
      onAttached: (again, ms) => {
        this.#tellSideband(again ? 'attached-again' : 'attached');
        this.#tools?.forget();
        tell({ type: 'upstream', operation: 'sideband', ms, status: 101 });
      },
      onLost: () => {
        this.#tellSideband('lost');
        this.#timers.forgetBusy();
        this.#count(this.#meter.missed());
      },
      onGone: (why, { status, cause }) => {
        if (why === 'unattachable') {
          this.#tellSideband('given-up', cause);
          tell({ type: 'upstream', operation: 'sideband', ms: 0, status });
        }
        this.#over = why === 'over';
        void this.end(this.#over ? this.#leaving : 'unwatched');
      },
    });
    // Nobody says who hung up; by phone it is the caller.
    this.#leaving = call.kind === 'phone' ? 'visitor' : 'upstream';
    this.#agent = setup.agentOf?.({
      call,
      profile,
      adopted: setup.adopted,
      send: (text) => this.#sideband.send(JSON.parse(text) as RealtimeEvent),
      end: (reason) => this.end(reason),
      leaving: (reason) => {
        this.#leaving = reason;
      },
    });
  }

  /** What the call has cost so far. */
  get spent(): Amounts {
    const { clock } = this.#setup.upstream;
    return { calls: 1, seconds: Math.max(0, Math.ceil((clock.now() - this.call.startedAt) / 1000)), ...this.#meter.spent };
  }

  /** Begins to watch; a call past its deadline ends at once. */
  start(): void {
    this.#timers.start();
    if (!this.#ending) this.#sideband.open();
  }

  /** The visitor's page listens. `fresh`: from now on. */
  visitorHere(fresh: boolean): void {
    this.#timers.here(fresh);
  }

  /** The visitor types, or said that they are still there. */
  visitorActive(): void {
    this.#timers.active();
  }

  /** Nobody can say at the moment whether the page listens. */
  visitorUnknown(): void {
    this.#timers.maybeHere();
  }

  /** Hangs up and settles, once. Resolves when the Realtime API was told. */
  end(reason: CallEndReason): Promise<void> {
    if (this.#released) return Promise.resolve();
    // In a step of its own: the end that is told comes back here.
    return (this.#ending ??= Promise.resolve().then(() => this.#end(reason)));
  }

  /** Stops watching; the call goes on and is somebody else's. */
  release(): void {
    if (this.#ending || this.#released) return;
    this.#released = true;
    this.#stop();
    this.#setup.onDone();
  }

  async #end(reason: CallEndReason): Promise<void> {
    const { call, upstream, state, tell, onDone } = this.#setup;
    // Answers that are cut are paid for as well.
    this.#count(this.#meter.missed());
    const { spent } = this;
    this.#timers.stop();
    this.#tools?.release();
    const over = this.#over || reason === 'upstream';
    await Promise.allSettled([over ? undefined : hangUp(upstream, call.upstreamId, tell), state.calls.end(call.id, reason)]);
    this.#stop();
    // Where the state is gone, the reservation runs out by itself and counts in full.
    await state.settle(call.reservation, spent).catch(() => undefined);
    tell({ type: 'call-ended', ref: call.ref, kind: call.kind, profile: call.profile, reason, spent });
    onDone();
  }

  #stop(): void {
    this.#timers.stop();
    this.#tools?.release();
    this.#sideband.close();
    this.#agent?.close();
  }

  #hear(event: RealtimeEvent, text: string): void {
    if (this.#ending) return;
    const tampered = this.#pinned?.hear(event) ?? this.#tools?.hear(event);
    if (tampered !== undefined) {
      const { call, tell } = this.#setup;
      tell({ type: 'tampered', ref: call.ref, profile: call.profile, field: tampered });
      void this.end('tampered');
      return;
    }
    this.#timers.hear(event);
    this.#agent?.hear(event, text);
    this.#count(this.#meter.hear(event, this.#setup.upstream.clock.now()));
    this.#keepBudget();
    this.#report(event);
  }

  #keepBudget(): void {
    const { room } = this.#meter;
    if (room === 'none') void this.end('budget');
    else if (room === 'last' && this.#setup.profile.limits.warnSeconds > 0) this.#timers.endBudget();
  }

  #count(cost: Pick<Amounts, 'tokens' | 'micros'> | undefined): void {
    const { call, tell } = this.#setup;
    if (cost) tell({ type: 'call-usage', ref: call.ref, profile: call.profile, spent: { calls: 0, seconds: 0, ...cost } });
  }

  #report(event: RealtimeEvent): void {
    const { call, onTranscript, upstream } = this.#setup;
    const turn = onTranscript && finishedTurn(event);
    if (!turn) return;
    try {
      onTranscript({ ref: call.ref, profile: call.profile, visitor: call.visitor, ...turn, at: upstream.clock.now() });
    } catch {
      // The owner's own matter.
    }
  }

  #tellSideband(state: 'attached' | 'lost' | 'attached-again' | 'given-up', cause?: unknown): void {
    this.#setup.tell({ type: 'sideband', ref: this.call.ref, state, ...(cause !== undefined && { cause }) });
  }
}
