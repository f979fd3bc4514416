/** What a program prints, one value per print, for a test that waits for certain values in turn. */
export class Printout {
  readonly printed: unknown[] = [];
  readonly #waiting = new Set<() => void>();
  #ended: string | undefined;
  #seen = 0;

  /** Takes what was printed. */
  push(value: unknown): void {
    this.printed.push(value);
    this.#wake();
  }

  /** Marks the end of the output: waiting calls of `next()` reject with this reason. */
  end(why: string): void {
    this.#ended ??= why;
    this.#wake();
  }

  /** The next value after the last one waited for that passes the test. @throws when the end comes before */
  async next<T = Record<string, unknown>>(what: string, test: (value: never) => boolean): Promise<T> {
    for (;;) {
      const index = this.printed.findIndex((value, at) => at >= this.#seen && test(value as never));
      if (index >= 0) {
        this.#seen = index + 1;
        return this.printed[index] as T;
      }
      if (this.#ended !== undefined) throw new Error(`no ${what}: ${this.#ended}; printed were ${JSON.stringify(this.printed).slice(0, 2_000)}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** The next server event of a type. */
  event(type: string): Promise<Record<string, unknown>> {
    return this.next(type, (value: { type?: unknown } | null) => typeof value === 'object' && value?.type === type);
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
    this.#waiting.clear();
  }
}
