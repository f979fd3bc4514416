/** The sandbox inside a page: no server, no account. See README.md in the directory above. */
export { connectBrowserSandbox } from './connect-browser-sandbox.js';
export type { ConnectableElement } from './connect-browser-sandbox.js';
export { BrowserSandboxError, createBrowserSandbox } from './create-browser-sandbox.js';
export type { BrowserSandbox, BrowserSandboxOptions } from './create-browser-sandbox.js';
export { SandboxTimeout } from '../clock.js';
