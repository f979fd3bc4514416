/** The error for code that could not be loaded, in the first chunk. */

/** The error class is loaded with the engine, so this error has its shape, but not its prototype. */
export const loadFailed = (cause: unknown): never => {
  throw Object.assign(new Error('Part of the widget failed to load. Reload the page.', { cause }), {
    name: 'VoiceAgentError' as const,
    code: 'load_failed' as const,
    recoverable: true,
  });
};
