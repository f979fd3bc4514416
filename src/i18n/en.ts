/** English, the part that the first chunk shows. */
import type { LauncherStrings } from './strings.js';

/** English words of the launcher. */
export const en: LauncherStrings = {
  heading: 'Talk to us',
  disclosure: 'You talk to an AI',
  captionsDisclosure: 'An AI writes down what you say',
  start: 'Start talking',
  typeInstead: 'Type instead',
  connecting: 'Connecting…',
  failed: 'Call failed',
  reload: 'Reload the page',
};
