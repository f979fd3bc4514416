/** Thrown for invalid arguments of the command. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
