/**
 * Schedules work for the next frame. A hidden page gets no frames, so a timer runs beside the frame request, and the first one
 * cancels the other. Nothing is left pending once the work ran or was cancelled.
 */

/** Runs a function once, soon; returns a function that cancels it. */
export type Schedule = (run: () => void) => () => void;

const HIDDEN_DELAY = 100;
const NO_FRAMES_DELAY = 16;

/** Runs at the next animation frame; in a hidden page, after 100 ms. */
export const frameSchedule: Schedule = (run) => {
  const frames = typeof requestAnimationFrame === 'function';
  const cancel = () => {
    clearTimeout(timer);
    if (frames) cancelAnimationFrame(frame);
  };
  const once = () => {
    cancel();
    run();
  };
  const timer = setTimeout(once, frames ? HIDDEN_DELAY : NO_FRAMES_DELAY);
  const frame = frames ? requestAnimationFrame(once) : 0;
  return cancel;
};
