/**
 * Hides keyboard events in the widget from the page, whose single-key shortcuts would see the element as the target, not its text field.
 * Capture-phase listeners of the page run earlier, so they still see all events.
 */

const TYPES = 'keydown keypress keyup beforeinput input compositionstart compositionupdate compositionend copy cut paste';

/**
 * Stops keyboard and editing events at `root`, unless the host has `key-events="page"`. Default actions are not prevented. Tab passes,
 * because focus traps of the page handle it, and so does an Esc that the widget did not handle.
 */
export function isolateKeys(root: EventTarget, host: Element): void {
  let used = false;
  for (const type of TYPES.split(' ')) {
    root.addEventListener(type, (event) => {
      const { key, isComposing } = event as KeyboardEvent;
      // The keyup of an Esc is treated like its keydown.
      if (type === 'keydown') used = isComposing || event.defaultPrevented;
      if (key !== 'Tab' && (key !== 'Escape' || used) && host.getAttribute('key-events') !== 'page') event.stopPropagation();
    });
  }
}
