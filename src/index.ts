/**
 * All that code may import of `./element`, `./session` and `./errors`; importing it registers nothing and needs no DOM.
 *
 * Only `export *`: a bundler then sees past this file. If it named what it exports, esbuild would put all files that it imports
 * into the first chunk of a page that uses one name.
 */
export * from './errors.js';
export * from './element.js';
export * from './session.js';
