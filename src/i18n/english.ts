/** All English strings, for the panel, which shows both parts. */
import { en } from './en.js';
import { enPanel } from './en-panel.js';
import type { Strings } from './strings.js';

/** All English strings of the widget. */
export const english: Strings = { ...en, ...enPanel };
