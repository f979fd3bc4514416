/** Faults of client events: an error instead of the effect, or no response. */
import { ApiError } from '../protocol/api-error.js';
import { object, unchecked } from '../protocol/schema.js';
import { defineFault } from './define-fault.js';
import type { FaultOf } from './define-fault.js';

/** The faults of client events. */
export const CLIENT_EVENT_FAULTS = [
  // Answers with an error.
  defineFault(
    {
      at: 'client-event',
      name: 'reject',
      schema: object({
        /** Fields of the error that differ from the default. */
        error: unchecked<{ message?: string; type?: string; code?: string | null; param?: string | null }>(),
      }),
    },
    ({ error }) => {
      throw new ApiError({ message: 'A fault in the script rejected this event.', code: 'invalid_value', ...error });
    },
  ),
  // Does not handle the event.
  defineFault({ at: 'client-event', name: 'ignore', schema: object({}) }, () => undefined),
] as const;

/** Faults of client events: an error instead of the effect, or no response. */
export type ClientEventFault = FaultOf<(typeof CLIENT_EVENT_FAULTS)[number]>;
