/**
 * Keeps what is typed in the widget from the page, whose single-key shortcuts see the element as the target, not the text field in it.
 * Listeners that the page registers for the capture phase run earlier, so they still see everything.
 */

const TYPES = 'keydown keypress keyup beforeinput input compositionstart compositionupdate compositionend copy cut paste';

/**
 * Stops keyboard and editing events at `root`, unless the host has `key-events="page"`. Default actions are untouched. Tab passes,
 * because focus traps of the page handle it, and so does an Esc that the widget did not use.
 */
export function keepKeys(root: EventTarget, host: Element): void {
  let used = false;
  for (const type of TYPES.split(' ')) {
    root.addEventListener(type, (event) => {
      const { key, isComposing } = event as KeyboardEvent;
      // The keyup of an Esc goes the way of its keydown.
      if (type === 'keydown') used = isComposing || event.defaultPrevented;
      if (key !== 'Tab' && (key !== 'Escape' || used) && host.getAttribute('key-events') !== 'page') event.stopPropagation();
    });
  }
}
