/**
 * Watches calls in this process. Several processes can share one state: each call has one watcher, and a watcher that
 * disappears is replaced when its lease expires.
 *
 * Owns the set of calls watched here. Watching one call is up to `call-monitor.ts`.
 */
import type { ResolvedOptions } from '../resolved-options.js';
import { StateUnavailable } from '../contract/shared-state.js';
import type { Amounts, CallEndReason, CallNotice, CallRecord } from '../contract/shared-state.js';
import type { CallAgentFactory } from './call-agent.js';
import type { CallHost, CallStart, OpenServerSocket } from '../contract/call-host.js';
import { LeaseKeeper, LEASE } from './lease-keeper.js';
import { CallMonitor } from './call-monitor.js';
import { hangUp } from '../upstream/hang-up.js';
import { noticeStream } from './notice-stream.js';

/** Milliseconds that a watcher in another process has to settle an ended call with exact usage. */
const SETTLE_AFTER = 2_000;

interface Watched {
  readonly monitor: CallMonitor;
  /** The page gets its answer when the sideband is attached. */
  waiting: boolean;
  stopListening(): void;
}

/** See the head of the file. */
export class LocalCallHost implements CallHost {
  readonly #options: ResolvedOptions;
  readonly #openSocket: OpenServerSocket;
  readonly #agentOf: CallAgentFactory | undefined;
  readonly #watched = new Map<string, Watched>();
  readonly #watcher = crypto.randomUUID();
  readonly #keeper: LeaseKeeper;
  #closing: Promise<void> | undefined;

  constructor(options: ResolvedOptions, openSocket: OpenServerSocket, agentOf?: CallAgentFactory) {
    this.#options = options;
    this.#openSocket = openSocket;
    this.#agentOf = agentOf;
    this.#keeper = new LeaseKeeper({
      calls: options.state.calls,
      clock: options.upstream.clock,
      watcher: this.#watcher,
      watched: () => new Map([...this.#watched].map(([id, { monitor }]) => [id, monitor.spent])),
      onLost: (id) => void this.#lost(id),
      onAdopted: (call) => this.#adopt(call),
      onUnavailable: () => {
        for (const { monitor } of this.#watched.values()) monitor.visitorUnknown();
      },
    });
    // Calls of a process that no longer runs may be waiting to be adopted.
    if (options.state.lasting) this.#keeper.start();
  }

  async announce(call: CallRecord): Promise<void> {
    const { state, upstream } = this.#options;
    // Nothing is left to find after the end of a process whose state ends with it.
    if (state.lasting) await state.calls.add(call, this.#watcher, LEASE + upstream.timeout);
  }

  async watch(call: CallRecord, { requestId, attachWithin }: CallStart): Promise<void> {
    const { state, emit } = this.#options;
    const { calls } = state;
    if (!this.#closing) await calls.add(call, this.#watcher, LEASE);
    if (this.#closing) {
      await calls.end(call.id, 'shutdown').catch(() => undefined);
      throw new StateUnavailable('the server is shutting down');
    }
    this.#keeper.start();
    const { ref, kind, profile, visitor } = call;
    emit({ type: 'call-started', requestId, ref, kind, profile, visitor });
    const monitor = this.#monitor(call, { adopted: false, attachWithin });
    if (attachWithin === undefined) return;
    try {
      await monitor.attached;
    } catch (error) {
      // Without the stored session, another process could not detect all changes.
      await monitor.end('unwatched');
      throw error;
    }
    const own = this.#watched.get(call.id);
    if (own) own.waiting = false;
  }

  async end(call: CallRecord, reason: CallEndReason): Promise<void> {
    const own = this.#watched.get(call.id);
    if (own) return own.monitor.end(reason);
    const { state, upstream, emit } = this.#options;
    if (!(await state.calls.end(call.id, reason))) return;
    // Its watcher receives the same notice and hangs up too, but that process may no longer run.
    await hangUp(this.#options.profiles.get(call.profile)?.upstream ?? upstream, call.upstreamId, emit);
    const spent = this.#recorded(call);
    upstream.clock.after(SETTLE_AFTER, () => void state.settle(call.reservation, spent).catch(() => undefined));
  }

  async spent(call: CallRecord): Promise<Amounts> {
    return this.#watched.get(call.id)?.monitor.spent ?? this.#recorded(call);
  }

  async active(call: CallRecord): Promise<void> {
    const own = this.#watched.get(call.id);
    if (own) own.monitor.visitorActive();
    else await this.#options.state.calls.tell(call.id, { type: 'active' });
  }

  notices(call: CallRecord, signal: AbortSignal): Promise<Response> {
    const { state, upstream } = this.#options;
    return noticeStream({ id: call.id, calls: state.calls, clock: upstream.clock, signal });
  }

  retire(): void {
    this.#keeper.retire();
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    await this.#keeper.stop();
    const { state } = this.#options;
    // No other process answers a page that is still waiting.
    const ending = [...this.#watched.values()].filter(({ waiting }) => waiting || !state.lasting);
    await Promise.all(ending.map(({ monitor }) => monitor.end('shutdown')));
    const own = [...this.#watched.values()];
    // A lease of 0 ms expires at once: another process, or this one after a restart, takes the calls over.
    const spent = new Map(own.map(({ monitor }) => [monitor.call.id, monitor.spent]));
    for (const { monitor } of own) monitor.release();
    if (spent.size > 0) await state.calls.renew(this.#watcher, 0, spent).catch(() => undefined);
  }

  /** The recorded usage of a call; its duration is exact. */
  #recorded({ spent, startedAt }: CallRecord): Amounts {
    return { ...spent, calls: 1, seconds: Math.max(0, Math.ceil((this.#options.upstream.clock.now() - startedAt) / 1000)) };
  }

  #adopt(call: CallRecord): void {
    if (this.#watched.has(call.id)) return;
    if (this.#options.profiles.has(call.profile)) this.#monitor(call, { adopted: true });
    // The profile was removed from the configuration, so its limits are unknown.
    else void this.end(call, 'unwatched').catch(() => undefined);
  }

  #monitor(call: CallRecord, { adopted, attachWithin }: { adopted: boolean; attachWithin?: number | undefined }): CallMonitor {
    const { profiles, prices, state, emit, onTranscript } = this.#options;
    const profile = profiles.get(call.profile);
    if (!profile) throw new Error('unknown profile');
    const monitor = new CallMonitor({
      call,
      profile,
      upstream: profile.upstream,
      prices,
      state,
      emit,
      onTranscript,
      watcher: this.#watcher,
      adopted,
      attachWithin,
      openSocket: this.#openSocket,
      agentOf: this.#agentOf,
      onDone: () => {
        this.#watched.get(call.id)?.stopListening();
        this.#watched.delete(call.id);
      },
    });
    let done = false;
    let stop = (): void => undefined;
    this.#watched.set(call.id, {
      monitor,
      waiting: attachWithin !== undefined,
      stopListening: () => {
        done = true;
        stop();
      },
    });
    // The next round of the keeper picks up anything that happens before this listens.
    state.calls
      .listen(call.id, (notice) => this.#handleNotice(monitor, notice))
      .then(
        (own) => {
          stop = own;
          if (done) own();
        },
        () => undefined,
      );
    monitor.start();
    return monitor;
  }

  #handleNotice(monitor: CallMonitor, notice: CallNotice): void {
    if (notice.type === 'here') monitor.visitorPresent(notice.fresh);
    else if (notice.type === 'active') monitor.visitorActive();
    // Ended by another process.
    else if (notice.type === 'ended') void monitor.end(notice.reason);
  }

  async #lost(id: string): Promise<void> {
    const own = this.#watched.get(id);
    if (!own) return;
    const { calls } = this.#options.state;
    try {
      const found = await calls.find(id);
      if (found?.ended !== undefined) await own.monitor.end(found.ended);
      else if (found) own.monitor.release();
      // The state lost its data (for example, a Redis without persistence restarted): no other process watches this call.
      else await calls.add(own.monitor.record, this.#watcher, LEASE);
    } catch {
      // The state is unavailable, but the call is not over: the next round tries again.
    }
  }
}
