/** Combines observers into one. */
import type { ServerObserver } from '../contract/server-events.js';

/** Calls all observers. A failing observer must not break a response, so its errors are ignored. */
export function notifyAll(observers: readonly ServerObserver[]): ServerObserver {
  return (event) => {
    for (const observer of observers) {
      try {
        observer(event);
      } catch {
        // Errors of observers are ignored.
      }
    }
  };
}
