/**
 * The captions and strings that the panel shows instead of transcript and text field in `mode="transcription"`.
 * Loaded only by `import()`, so that conversations never load it.
 */
import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { enCaptions as words } from '../i18n/en-captions.js';
import { VoiceAgentCaptions } from '../views/captions.js';
import { defineView } from '../views/define-view.js';
import type { PanelCall, PanelHost } from './host.js';

defineView('voice-agent-captions', VoiceAgentCaptions);

export { words };

/** Renders the captions in the visitor's language, which screen readers need to know. */
export function renderCaptions(host: PanelHost, { call, conversation, status }: PanelCall): TemplateResult {
  return html`<voice-agent-captions
    slot="transcript"
    exportparts="scroller: transcript, message, user-message, assistant-message, commentary-message, system-message, divider, tool, earlier-button, newer-button, latest-button, empty, toolbar, copy-button, clear-button, toolbar-status"
    .language=${host.language}
    .status=${status}
    .items=${conversation.items}
    .strings=${words}
    @voice-agent-clear-request=${() => call?.clearTranscript()}
  ></voice-agent-captions>`;
}
