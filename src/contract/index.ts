/** The public types: states, errors, events, options. No DOM nodes, no SDK, no behaviour. */
export * from './call.js';
export * from './define-tool.js';
export * from './dialect.js';
export * from './errors.js';
export * from './events.js';
export * from './messages.js';
export * from './options.js';
export * from './pcm-audio.js';
export * from './states.js';
