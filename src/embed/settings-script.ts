/**
 * Finds the script element with the settings, and from it the address of the widget's files.
 *
 * Only script elements count: pages often allow visitors to write `data-*` attributes and names of elements, but no scripts.
 */

/** The file that the loader loads; the build replaces it in the versioned loader. */
const MODULE = 'voice-agent.js';

const MARKED = 'script[data-call-url],script[data-token-url],script[data-voice-agent]';

/** The running script: `null` in a module and in code that another script evaluates. An element of the page can shadow this property. */
function runningScript(): HTMLScriptElement | null {
  const running = document.currentScript;
  return running && running.tagName === 'SCRIPT' ? (running as HTMLScriptElement) : null;
}

/** The running script if it has settings; otherwise the first script with settings, which a plug-in may have disabled; otherwise the running one. */
export function settingsScript(): HTMLScriptElement | null {
  const running = runningScript();
  return running && running.matches(MARKED) ? running : document.querySelector<HTMLScriptElement>(MARKED) || running;
}

/**
 * The address of `voice-agent.js`: `data-src`, otherwise next to this script. A `data-src` that is a folder or this script
 * also means the file next to it: a plug-in that delays scripts moves `src` to `data-src`.
 */
export function moduleAddress(script: HTMLScriptElement | null): string {
  const running = runningScript();
  const given = (script && script.getAttribute('data-src')) || (running && running.getAttribute('data-src'));
  const page = document.baseURI;
  if (given && !/(^|\/)(embed[^/]*)?$/.test(given)) return new URL(given, page).href;
  // In a module, the stack has the address of its file; in inlined code, that of the page.
  const [own] = /\w+:\/\/[^\s()]*?(?=:\d+:\d+)/.exec(String(new Error().stack)) || [page];
  // A plug-in may have turned the file into a `data:` or `blob:` URL, which has no folder.
  const known = [given, running && running.src, script && script.src, own, page].find((url) => url && !/^(data|blob):/.test(url));
  return new URL(MODULE, new URL(String(known), page)).href;
}
