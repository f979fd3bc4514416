/** Listeners by name. One that throws is reported and disturbs neither the others nor the call. */
export class EventHub<Events> {
  readonly #listeners = new Map<keyof Events, Set<(detail: never) => void>>();

  /** @returns the unsubscription */
  on<K extends keyof Events>(type: K, listener: (detail: Events[K]) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  emit<K extends keyof Events>(type: K, detail: Events[K]): void {
    const listeners = this.#listeners.get(type);
    if (!listeners) return;
    for (const listener of [...listeners] as ((detail: Events[K]) => void)[]) {
      try {
        listener(detail);
      } catch (reason) {
        (globalThis.reportError ?? console.error)(reason);
      }
    }
  }
}
