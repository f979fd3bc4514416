/** `voice-agent-element/errors`: the error class of this package and its codes. */
export * from './contract/errors.js';
