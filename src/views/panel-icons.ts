/** The panel's icons, on a 24 px grid, stroked in the surrounding text colour. */
import { KEYBOARD, MICROPHONE, icon } from './icon.js';

const SPEAKER = 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5z';

/** The icons, ready to render. */
export const panelIcons = {
  microphone: icon(MICROPHONE),
  microphoneOff: icon(`${MICROPHONE}M4 4l16 16`),
  stop: icon('M7.5 6h9A1.5 1.5 0 0 1 18 7.5v9a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 6 16.5v-9A1.5 1.5 0 0 1 7.5 6'),
  hangUp: icon(
    'M3 14.5c0-6 18-6 18 0v1.3a1 1 0 0 1-1 1h-2.8a1 1 0 0 1-1-.8l-.5-2.3a11 11 0 0 0-7.4 0l-.5 2.3a1 1 0 0 1-1 .8H4a1 1 0 0 1-1-1z',
  ),
  send: icon('M12 19.5V5M5.5 11.2 12 4.7l6.5 6.5'),
  down: icon('M6 9.5l6 6 6-6'),
  sound: icon(`${SPEAKER}M15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11`),
  soundOff: icon(`${SPEAKER}M16 9.5l5 5M21 9.5l-5 5`),
  keyboard: icon(KEYBOARD),
  copy: icon('M9 8.5h9.5v11H9zM15 5.5V5H5.5v11H6'),
  bin: icon('M5 7h14M9.5 7V4.5h5V7M7 7l.8 12.5h8.4L17 7M10.3 10.5v5.5M13.7 10.5v5.5'),
};
