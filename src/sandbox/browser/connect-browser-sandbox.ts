/** Connects a `<voice-agent>` to a sandbox in the same page. Owns which properties of the element that sets. */
import { createBrowserSandbox } from './create-browser-sandbox.js';
import type { BrowserSandbox, BrowserSandboxOptions } from './create-browser-sandbox.js';

/** The properties of `<voice-agent>` that a connection sets. */
export interface ConnectableElement {
  baseUrl: string | undefined;
  token: unknown;
  tokenUrl: string | undefined;
  callUrl: string | undefined;
  readonly mode?: string | undefined;
}

const SETTINGS = ['baseUrl', 'token', 'tokenUrl', 'callUrl'] as const;

/**
 * Starts a sandbox and makes this element call it; `close()` restores the element's settings. Transcripts of the visitor's turns are
 * on.
 *
 * @example
 * ```ts
 * import { connectBrowserSandbox } from 'voice-agent-element/sandbox/browser';
 *
 * const sandbox = await connectBrowserSandbox(document.querySelector('voice-agent'));
 * ```
 *
 * @throws TypeError without an element, BrowserSandboxError if the browser or the page's context cannot make calls
 */
export async function connectBrowserSandbox(
  element: ConnectableElement | null,
  options: BrowserSandboxOptions = {},
): Promise<BrowserSandbox> {
  if (element === null) throw new TypeError('connectBrowserSandbox() needs the <voice-agent> element.');
  const sandbox = await createBrowserSandbox(options);
  const before = SETTINGS.map((name) => [name, element[name]] as const);
  const token = (): string => sandbox.mintKey({ session: sessionFor(element.mode) }).value;
  Object.assign(element, { baseUrl: sandbox.url, token, tokenUrl: undefined, callUrl: undefined });
  const { close: closeSandbox } = sandbox;
  const close = (): void => {
    closeSandbox();
    // Settings that the page has changed in the meantime stay as they are.
    if (element.token === token) Object.assign(element, Object.fromEntries(before));
  };
  return Object.defineProperty(sandbox, 'close', { value: close });
}

/** The session of a key, as a site's server would set it. */
function sessionFor(mode: string | undefined): Record<string, unknown> {
  return {
    type: mode === 'transcription' ? 'transcription' : 'realtime',
    audio: { input: { transcription: { model: 'gpt-transcribe' } } },
  };
}
