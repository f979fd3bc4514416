/** English strings of the first chunk. */
import type { LauncherStrings } from './strings.js';

/** English strings of the launcher. */
export const en: LauncherStrings = {
  heading: 'Talk to us',
  disclosure: 'AI voice agent',
  captionsDisclosure: 'AI transcribes your speech',
  start: 'Start talking',
  typeInstead: 'Type instead',
  connecting: 'Connecting…',
  failed: 'Call failed',
  reload: 'Reload page',
};
