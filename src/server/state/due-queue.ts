/** A priority queue of items by time, earliest first: a binary heap. */
export class DueQueue<T extends { readonly until: number }> {
  #heap: T[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** Returns the earliest item without removing it. */
  first(): T | undefined {
    return this.#heap[0];
  }

  /** All items, in no particular order. */
  items(): readonly T[] {
    return this.#heap;
  }

  /** Adds an item, in logarithmic time. */
  push(item: T): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as T;
      if (parent.until <= item.until) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = item;
  }

  /** Removes and returns the earliest item, in logarithmic time. */
  shift(): T | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && (heap[below + 1] as T).until < (heap[below] as T).until) below += 1;
      if ((heap[below] as T).until >= last.until) break;
      heap[at] = heap[below] as T;
      at = below;
    }
    heap[at] = last;
    return first;
  }

  /** Removes all items that do not match. */
  keep(wanted: (item: T) => boolean): void {
    const kept = this.#heap.filter(wanted);
    this.#heap = [];
    for (const item of kept) this.push(item);
  }
}
