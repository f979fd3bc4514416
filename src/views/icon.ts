/** Icons on a 24 px grid, stroked in the surrounding text colour, and the paths of those that launcher and panel share. */
import { html } from 'lit';
import type { TemplateResult } from 'lit';

/** An icon, hidden from assistive technology: the surrounding control has a label. */
export const icon = (path: string): TemplateResult => html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d=${path} /></svg>`;
export const MICROPHONE = 'M12 3.5a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0v-5a3 3 0 0 1 3-3M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3';
export const KEYBOARD = 'M5 6h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2M7 10h0m5 0h0m5 0h0M8.5 14h7';
