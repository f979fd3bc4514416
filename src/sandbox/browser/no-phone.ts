/** The telephone network of a sandbox in a page, which has none: a phone call needs a server that receives webhooks. */
import { ApiError } from '../protocol/api-error.js';
import type { PhoneLines } from '../phone/phone-network.js';

/** No phone calls. */
export const noPhone: PhoneLines = {
  calls: [],
  call() {
    throw new TypeError('The sandbox in a page places no phone calls.');
  },
  require(id) {
    throw new ApiError({ status: 404, message: `No session found for call_id '${id}'.`, code: 'call_id_not_found' });
  },
  reset: () => undefined,
};
