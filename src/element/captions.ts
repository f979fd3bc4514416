/**
 * Behind door one in `mode="transcription"`: what the panel shows in place of transcript and text field, and its words.
 * Reached only by `import()`, so that conversations never load it.
 */
import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { englishCaptions as words } from '../i18n/en-captions.js';
import { VoiceAgentCaptions } from '../views/captions.js';
import { defineView } from '../views/define-view.js';
import type { PanelCall, PanelHost } from './host.js';

defineView('voice-agent-captions', VoiceAgentCaptions);

export { words };

/** The lines. Their language is the visitor's, which screen readers need to know. */
export function renderCaptions(host: PanelHost, { call, conversation, status }: PanelCall): TemplateResult {
  return html`<voice-agent-captions
    slot="transcript"
    exportparts="scroller: transcript, message, user-message, assistant-message, system-message, divider, tool, earlier-button, newer-button, latest-button, empty, toolbar, copy-button, clear-button, told"
    .language=${host.language}
    .status=${status}
    .items=${conversation.items}
    .strings=${words}
    @voice-agent-clear-request=${() => call?.clearTranscript()}
  ></voice-agent-captions>`;
}
