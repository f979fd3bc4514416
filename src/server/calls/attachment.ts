/** Whether a call is attached: a promise with its callbacks. It does not count as unhandled if nothing waits for it. */
export interface Attachment {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(reason: unknown): void;
}

/** Creates an unsettled attachment; only the first callback has an effect. */
export function attachment(): Attachment {
  let resolve: () => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<void>((accept, refuse) => {
    resolve = accept;
    reject = refuse;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
