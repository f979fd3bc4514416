/** Listeners by event name. An error in a listener is reported and affects neither the other listeners nor the call. */
export class EventHub<Events> {
  readonly #listeners = new Map<keyof Events, Set<(detail: never) => void>>();

  /** A listener that is added twice is called twice. @returns a function that removes it */
  on<K extends keyof Events>(type: K, listener: (detail: Events[K]) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    const entry = (detail: Events[K]): void => listener(detail);
    this.#listeners.set(type, listeners.add(entry));
    return () => void listeners.delete(entry);
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
