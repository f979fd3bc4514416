/**
 * Keeps wheel and touch events that scroll the widget away from smooth-scroll libraries, which listen on the window, cancel
 * the event, and scroll the page instead. The panel also carries `data-lenis-prevent`, for listeners of the capture phase.
 */

const scrolls = (node: EventTarget): boolean =>
  node instanceof HTMLElement && node.scrollHeight > node.clientHeight && /auto|scroll/.test(getComputedStyle(node).overflowY);

/**
 * Stops an event at the view it listens on if something inside scrolls by it. Where nothing does, the event goes on to the page;
 * so do zooming (Ctrl and wheel, two fingers) and sideways scrolling.
 */
export function keepScroll(event: Event): void {
  if (event instanceof WheelEvent ? event.ctrlKey || !event.deltaY : (event as TouchEvent).touches.length > 1) return;
  const path = event.composedPath();
  if (path.slice(0, path.indexOf(event.currentTarget as EventTarget)).some(scrolls)) event.stopPropagation();
}
