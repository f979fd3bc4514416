/** Names of attributes that are not copied: settings of the loader, and event handlers. */
const COPIED = /^data-(?!(src|voice-agent)$|on)/;

/** Runs this now, or as soon as the page is parsed. */
export function whenParsed(run: () => void): void {
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', run);
  else run();
}

/**
 * Creates `<voice-agent>` from the `data-*` attributes of this script, unless the page has the tag or the script has no settings. The tag
 * floats by default; with `data-placement="inline"` it follows the script.
 */
export function createTag(script: HTMLScriptElement | null): void {
  whenParsed(() => {
    if (!script || document.querySelector('voice-agent')) return;
    const data = script.dataset;
    if (data.callUrl === undefined && data.tokenUrl === undefined && data.voiceAgent === undefined) return;
    const tag = document.createElement('voice-agent');
    tag.setAttribute('placement', 'bottom-end');
    for (const { name, value } of Array.from(script.attributes)) if (COPIED.test(name)) tag.setAttribute(name.slice(5), value);
    if (data.placement === 'inline' && document.body.contains(script)) script.after(tag);
    else document.body.append(tag);
  });
}
