/** Thrown by the sandbox's waits when what a test waits for does not come. */
export class SandboxTimeout extends Error {
  override readonly name = 'SandboxTimeout';
  /** What did come, by type, oldest first; the last hundred at most. */
  readonly seen: readonly string[];

  constructor(message: string, seen: readonly string[] = []) {
    const last = seen.slice(-100);
    super(last.length === 0 ? `${message}; nothing came at all` : `${message}; seen: ${last.slice(-20).join(', ')}`);
    this.seen = last;
  }
}
