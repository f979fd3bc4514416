/**
 * Everything from `./element`, `./session` and `./errors`; importing it registers nothing and needs no DOM.
 *
 * Only `export *`, so that bundlers can look through this file. With named exports, esbuild would put all imported files
 * into the first chunk of a page that uses a single name.
 */
export * from './errors.js';
export * from './element.js';
export * from './session.js';
