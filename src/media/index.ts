/** Tracks and audio elements: everything that can hear or sound. */
export * from './level-meter.js';
export * from './microphone-claim.js';
export * from './microphone.js';
export * from './speaker.js';
