import { whenParsed } from './create-tag.js';

/** The parts of the Trusted Types API that this file uses. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): { createScriptURL(url: string): unknown };
}

/**
 * Loads a module script once per page, by an element: `import()` is newer than ES2017. With Trusted Types, the page has to
 * allow the policy `voice-agent-embed`. If the file does not load or was changed, the tag gets `data-error="load_failed"`.
 *
 * @param from a script of the page whose nonce the new one gets
 */
export function loadModule(address: string, from: HTMLScriptElement | null): void {
  if (Array.from(document.scripts).some(({ type, src }) => type === 'module' && src === address)) return;
  const { trustedTypes } = window as { trustedTypes?: TrustedTypes };
  const script = document.createElement('script');
  const rules = { createScriptURL: (url: string) => url };
  script.type = 'module';
  if (from) script.nonce = from.nonce;
  script.src = (trustedTypes ? trustedTypes.createPolicy('voice-agent-embed', rules) : rules).createScriptURL(address) as string;
  script.onerror = () => {
    // A further copy of the loader may know a better address.
    script.remove();
    console.error(`voice-agent: ${address} did not load`);
    whenParsed(() => {
      const tag = document.querySelector('voice-agent');
      if (tag) tag.setAttribute('data-error', 'load_failed');
    });
  };
  document.head.appendChild(script);
}
