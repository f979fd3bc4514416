/** English, the part that the first chunk shows. */
import type { LauncherStrings } from './strings.js';

/** English words of the launcher. */
export const en: LauncherStrings = {
  heading: 'Talk to us',
  disclosure: 'You talk to an AI',
  start: 'Start talking',
  typeInstead: 'Type instead',
  connecting: 'Connecting…',
  onCall: 'On call',
  muted: 'Muted',
  failed: 'Call failed',
};
