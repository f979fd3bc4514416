/**
 * The transport as an agent's session sees it: the live transport of the current call, with some members overridden. It outlives
 * calls, and so do the listeners that were added to it.
 *
 * Owns: the current target transport, the listeners. Does not own: the overriding members (`agent-run.ts`).
 */
import type { RealtimeTransportLayer } from '@openai/agents/realtime';
import type { Transport } from '../transport.js';

type Listener = (...args: never[]) => void;

/** Members that override the transport's own. */
export type Front = { readonly [K in keyof RealtimeTransportLayer]?: RealtimeTransportLayer[K] };

/** See the head of the file. */
export class AgentTransport {
  /** The transport layer for the session. */
  readonly layer: RealtimeTransportLayer;
  readonly #listeners: { readonly type: string; readonly listener: Listener; readonly heard: Listener }[] = [];
  #target: Transport;

  /** @param hear wraps each listener that the session adds */
  constructor(target: Transport, front: Front, hear: (type: string, listener: Listener) => Listener) {
    this.#target = target;
    const members: Readonly<Record<string | symbol, unknown>> = {
      ...front,
      on: (type: string, listener: Listener) => {
        const heard = hear(type, listener);
        this.#listeners.push({ type, listener, heard });
        this.#target.on(type, heard);
        return this.layer;
      },
      off: (type: string, listener: Listener) => {
        const index = this.#listeners.findIndex((entry) => entry.type === type && entry.listener === listener);
        const [entry] = index < 0 ? [] : this.#listeners.splice(index, 1);
        this.#target.off(type, entry?.heard ?? listener);
        return this.layer;
      },
    };
    this.layer = new Proxy({} as RealtimeTransportLayer, {
      get: (_, name) => {
        if (Object.hasOwn(members, name)) return members[name];
        const member: unknown = Reflect.get(this.#target, name, this.#target);
        return typeof member === 'function' ? (member.bind(this.#target) as unknown) : member;
      },
      set: (_, name, value) => Reflect.set(this.#target, name, value, this.#target),
      has: (_, name) => name in this.#target,
    });
  }

  /** Switches to the transport of another call. */
  use(target: Transport): void {
    if (target === this.#target) return;
    this.#target = target;
    for (const { type, heard } of this.#listeners) target.on(type, heard);
  }
}
