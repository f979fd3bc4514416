/**
 * Receives notices of calls through Redis Pub/Sub, on a separate connection that is opened for the first listener.
 *
 * Owns the listeners. Redis does not keep messages for disconnected subscribers: after a reconnect, all channels are subscribed again
 * and every call is looked up, so listeners learn of calls that ended in the meantime. Other missed notices are lost; they only
 * announce an end.
 */
import { RedisConnection } from './redis-connection.js';
import type { RedisConnectionSetup } from './redis-connection.js';
import type { CallEndReason, CallNotice } from '../../contract/shared-state.js';

/** Options of `RedisNotices`. */
export interface RedisNoticesSetup extends Pick<RedisConnectionSetup, 'to' | 'timeout'> {
  /** Prefix of every channel name. */
  readonly prefix: string;
  /** Returns the reason if the call has ended. */
  endOf(id: string): Promise<CallEndReason | undefined>;
}

interface Channel {
  readonly listeners: Set<(notice: CallNotice) => void>;
  /** Resolves when Redis has confirmed the subscription. */
  subscribed: Promise<void>;
}

/** Milliseconds between pings, which detect dead connections that were never closed. */
const HEARTBEAT = 5_000;

/** See the head of the file. */
export class RedisNotices {
  readonly #setup: RedisNoticesSetup;
  readonly #channels = new Map<string, Channel>();
  #connection: Promise<RedisConnection> | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #wasReady = false;

  constructor(setup: RedisNoticesSetup) {
    this.#setup = setup;
  }

  /** Returns the channel for notices of a call. */
  channel(id: string): string {
    return this.#setup.prefix + id;
  }

  /** @throws StateUnavailable */
  async listen(id: string, onNotice: (notice: CallNotice) => void): Promise<() => void> {
    let channel = this.#channels.get(id);
    const others = channel !== undefined;
    if (!channel) {
      channel = { listeners: new Set(), subscribed: this.#subscribe([id]) };
      this.#channels.set(id, channel);
    }
    const { listeners, subscribed } = channel;
    listeners.add(onNotice);
    const stop = (): void => {
      if (!listeners.delete(onNotice) || listeners.size > 0 || this.#channels.get(id)?.listeners !== listeners) return;
      this.#forget(id);
    };
    try {
      await subscribed;
      // Check that Redis still responds.
      if (others) await (await this.#open()).run((client) => client.ping());
    } catch (error) {
      stop();
      throw error;
    }
    return stop;
  }

  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    this.#channels.clear();
    (await this.#connection?.catch(() => undefined))?.close();
  }

  async #open(): Promise<RedisConnection> {
    this.#connection ??= RedisConnection.open(
      this.#setup,
      (client) =>
        client.on('message', (channel: string, text: string) =>
          this.#deliver(channel.slice(this.#setup.prefix.length), JSON.parse(text) as CallNotice),
        ),
      () => void this.#onReady(),
    );
    this.#heartbeat ??= unref(setInterval(() => void this.#beat(), HEARTBEAT));
    return this.#connection;
  }

  async #subscribe(ids: readonly string[]): Promise<void> {
    const connection = await this.#open();
    await connection.run((client) => client.subscribe(...ids.map((id) => this.channel(id))));
  }

  /** Resubscribes after each reconnect, because Redis drops subscriptions with the connection. */
  async #onReady(): Promise<void> {
    const again = this.#wasReady;
    this.#wasReady = true;
    const ids = [...this.#channels.keys()];
    if (!again || ids.length === 0) return;
    try {
      const subscribed = this.#subscribe(ids);
      for (const channel of this.#channels.values()) channel.subscribed = subscribed;
      await subscribed;
      await Promise.all(
        ids.map(async (id) => {
          const reason = await this.#setup.endOf(id);
          if (reason !== undefined) this.#deliver(id, { type: 'ended', reason });
        }),
      );
    } catch {
      // The connection was lost again; the next one retries.
    }
  }

  #deliver(id: string, notice: CallNotice): void {
    const listeners = this.#channels.get(id)?.listeners;
    if (!listeners) return;
    // The end is the last notice.
    if (notice.type === 'ended') this.#forget(id);
    for (const onNotice of [...listeners]) {
      try {
        onNotice(notice);
      } catch {
        // An error in one listener does not affect the others.
      }
    }
  }

  #forget(id: string): void {
    this.#channels.delete(id);
    // Commands run in order, so a listener that is added later subscribes after this.
    void this.#connection?.then((connection) => connection.run((client) => client.unsubscribe(this.channel(id)))).catch(() => undefined);
  }

  async #beat(): Promise<void> {
    if (this.#channels.size === 0) return;
    await (await this.#connection)?.run((client) => client.ping()).catch(() => undefined);
  }
}

/** Keeps a timer from holding the process open, if the runtime supports it. */
function unref(timer: ReturnType<typeof setInterval>): ReturnType<typeof setInterval> {
  (timer as { unref?: () => void }).unref?.();
  return timer;
}
