/**
 * Hears notices of calls by Redis's publish and subscribe, on a connection of its own that is there while somebody listens.
 *
 * Owns who listens. Redis keeps no message for who is not there: after the connection was lost, all channels are subscribed
 * again, and every call is looked up, so that the end of a call reaches its listeners even if it came meanwhile. Other
 * notices of that time are lost; they announce what the end then says.
 */
import { RedisConnection } from './redis-connection.js';
import type { RedisConnectionSetup } from './redis-connection.js';
import type { CallEndReason, CallNotice } from './shared-state.js';

/** What is needed to hear. */
export interface RedisNoticesSetup extends Pick<RedisConnectionSetup, 'to' | 'timeout'> {
  /** Begins the name of every channel. */
  readonly prefix: string;
  /** How a call ended, if it did. */
  endOf(id: string): Promise<CallEndReason | undefined>;
}

interface Channel {
  readonly listeners: Set<(notice: CallNotice) => void>;
  /** Resolves when Redis said that it is subscribed. */
  subscribed: Promise<void>;
}

/** Milliseconds between signs of life; a connection that is dead without anybody having closed it is noticed so. */
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

  /** Where notices of a call are published. */
  channel(id: string): string {
    return this.#setup.prefix + id;
  }

  /** @throws StateUnavailable */
  async listen(id: string, heard: (notice: CallNotice) => void): Promise<() => void> {
    let channel = this.#channels.get(id);
    const others = channel !== undefined;
    if (!channel) {
      channel = { listeners: new Set(), subscribed: this.#subscribe([id]) };
      this.#channels.set(id, channel);
    }
    const { listeners, subscribed } = channel;
    listeners.add(heard);
    const stop = (): void => {
      if (!listeners.delete(heard) || listeners.size > 0 || this.#channels.get(id)?.listeners !== listeners) return;
      this.#forget(id);
    };
    try {
      await subscribed;
      // Is Redis still there?
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
      (client) => client.on('message', (channel: string, text: string) => this.#hear(channel.slice(this.#setup.prefix.length), JSON.parse(text) as CallNotice)),
      () => void this.#onReady(),
    );
    this.#heartbeat ??= unref(setInterval(() => void this.#beat(), HEARTBEAT));
    return this.#connection;
  }

  async #subscribe(ids: readonly string[]): Promise<void> {
    const connection = await this.#open();
    await connection.run((client) => client.subscribe(...ids.map((id) => this.channel(id))));
  }

  /** After each connection but the first: Redis has forgotten what was subscribed. */
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
          if (reason !== undefined) this.#hear(id, { type: 'ended', reason });
        }),
      );
    } catch {
      // Lost again: the next connection comes here again.
    }
  }

  #hear(id: string, notice: CallNotice): void {
    const listeners = this.#channels.get(id)?.listeners;
    if (!listeners) return;
    // Nothing comes after the end.
    if (notice.type === 'ended') this.#forget(id);
    for (const heard of [...listeners]) {
      try {
        heard(notice);
      } catch {
        // One listener's matter; the others hear.
      }
    }
  }

  #forget(id: string): void {
    this.#channels.delete(id);
    // In the order of the calls, so that who listens again is subscribed after this.
    void this.#connection?.then((connection) => connection.run((client) => client.unsubscribe(this.channel(id)))).catch(() => undefined);
  }

  async #beat(): Promise<void> {
    if (this.#channels.size === 0) return;
    await (await this.#connection)?.run((client) => client.ping()).catch(() => undefined);
  }
}

/** A timer that keeps no process alive, where the runtime knows such. */
function unref(timer: ReturnType<typeof setInterval>): ReturnType<typeof setInterval> {
  (timer as { unref?: () => void }).unref?.();
  return timer;
}
