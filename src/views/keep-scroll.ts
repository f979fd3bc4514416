/**
 * Hides wheel and touch events that scroll the widget from smooth-scroll libraries, which listen on the window, cancel
 * the event, and scroll the page instead. The panel also has `data-lenis-prevent`, for capture-phase listeners.
 */

const scrolls = (node: EventTarget): boolean =>
  node instanceof HTMLElement && node.scrollHeight > node.clientHeight && /auto|scroll/.test(getComputedStyle(node).overflowY);

/**
 * Stops an event at the view if something inside scrolls with it. Otherwise the event propagates to the page;
 * so do zooming (Ctrl and wheel, two fingers) and horizontal scrolling.
 */
export function keepScroll(event: Event): void {
  if (event instanceof WheelEvent ? event.ctrlKey || !event.deltaY : (event as TouchEvent).touches.length > 1) return;
  const path = event.composedPath();
  if (path.slice(0, path.indexOf(event.currentTarget as EventTarget)).some(scrolls)) event.stopPropagation();
}
