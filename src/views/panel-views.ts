/**
 * The lazy door to the panel: one `import()` of this file loads and registers the views that an open panel shows, and
 * brings the words they show. What it shows only in a call (transcript, approval) is loaded then.
 */
import { VoiceAgentClock } from './clock.js';
import { VoiceAgentComposer } from './composer.js';
import { VoiceAgentControls } from './controls.js';
import { defineView } from './define-view.js';
import { VoiceAgentNotice } from './notice.js';
import { VoiceAgentOrb } from './orb.js';
import { VoiceAgentPanel } from './panel.js';

export { english } from '../i18n/english.js';
export { isByText } from './mood.js';
export { enPanel } from '../i18n/en-panel.js';
export { VoiceAgentComposer, VoiceAgentControls, VoiceAgentNotice, VoiceAgentOrb, VoiceAgentPanel };

/** Registers the panel's views; safe to call again. */
export function definePanelViews(): void {
  defineView('voice-agent-clock', VoiceAgentClock);
  defineView('voice-agent-composer', VoiceAgentComposer);
  defineView('voice-agent-controls', VoiceAgentControls);
  defineView('voice-agent-notice', VoiceAgentNotice);
  defineView('voice-agent-orb', VoiceAgentOrb);
  defineView('voice-agent-panel', VoiceAgentPanel);
}
