/** `voice-agent-element/errors`: the one error class of this package and its codes. */
export * from './contract/errors.js';
