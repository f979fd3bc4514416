/**
 * When the next frame is. Owns the wait for it; a page that is hidden gets no frames, so that a timer runs beside the
 * frame request and whichever comes first ends the other. Nothing is left behind once it ran or was cancelled.
 */

/** Runs something once, soon; the returned function calls it off. */
export type Schedule = (run: () => void) => () => void;

const HIDDEN_DELAY = 100;
const NO_FRAMES_DELAY = 16;

/** One call per animation frame; every 100 ms at the latest where frames do not come. */
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
