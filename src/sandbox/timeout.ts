/** Thrown when a sandbox wait times out. */
export class SandboxTimeout extends Error {
  override readonly name = 'SandboxTimeout';
  /** The events seen meanwhile, by type, oldest first; at most the last hundred. */
  readonly seen: readonly string[];

  constructor(message: string, seen: readonly string[] = []) {
    const last = seen.slice(-100);
    super(last.length === 0 ? `${message}; nothing was received` : `${message}; seen: ${last.slice(-20).join(', ')}`);
    this.seen = last;
  }
}
