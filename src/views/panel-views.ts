/**
 * Entry point of the panel's lazy code: one `import()` of this file loads and registers the views of an open panel, with
 * their strings. Views that are shown only during a call (transcript, approval) are loaded then.
 */
import { VoiceAgentClock } from './clock.js';
import { VoiceAgentComposer } from './composer.js';
import { VoiceAgentControls } from './controls.js';
import { defineView } from './define-view.js';
import { VoiceAgentNotice } from './notice.js';
import { VoiceAgentVisualizer } from './visualizer.js';
import { VoiceAgentPanel } from './panel.js';

export { english } from '../i18n/english.js';
export { isByText } from './visual-state.js';
export { enPanel } from '../i18n/en-panel.js';
export { VoiceAgentComposer, VoiceAgentControls, VoiceAgentNotice, VoiceAgentVisualizer, VoiceAgentPanel };

/** Registers the panel's views; safe to call again. */
export function definePanelViews(): void {
  defineView('voice-agent-clock', VoiceAgentClock);
  defineView('voice-agent-composer', VoiceAgentComposer);
  defineView('voice-agent-controls', VoiceAgentControls);
  defineView('voice-agent-notice', VoiceAgentNotice);
  defineView('voice-agent-visualizer', VoiceAgentVisualizer);
  defineView('voice-agent-panel', VoiceAgentPanel);
}
