/**
 * Behind door one: the panel composed of its views. Owns the arrangement and which parts reach the page; nothing else.
 * Reached only by `import()`.
 */
import { html } from 'lit';
import type { TemplateResult } from 'lit';
import type { VoiceAgentError } from '../contract/errors.js';
import type { Conversation } from '../contract/messages.js';
import type { CallStatus, Placement } from '../contract/index.js';
import { en } from '../i18n/en.js';
import type { Strings } from '../i18n/strings.js';
import { definePanelViews, enPanel } from '../views/panel-views.js';

/** What the panel shows at one moment. */
export interface PanelModel {
  readonly placement: Placement;
  readonly heading: string | undefined;
  readonly disabled: boolean;
  readonly status: CallStatus;
  readonly conversation: Conversation;
  /** A problem inside a call that goes on. */
  readonly trouble: VoiceAgentError | undefined;
}

const strings: Strings = { ...en, ...enPanel };

definePanelViews();

/** The open panel; `voice-agent-…-request` events come out of it. */
export function renderPanel(model: PanelModel): TemplateResult {
  const { status, conversation } = model;
  const said = conversation.messages.length > 0;
  return html`<voice-agent-panel
    exportparts="panel, header, heading, disclosure, close-button, stage, state"
    .placement=${model.placement}
    .heading=${model.heading ?? ''}
    .status=${status}
    .compact=${said}
    .strings=${strings}
  >
    <voice-agent-orb slot="visual" exportparts="bloom" .status=${status}></voice-agent-orb>
    <voice-agent-notice
      slot="notice"
      exportparts="notice, message: notice-message, actions: notice-actions, action: notice-action"
      .status=${status}
      .error=${model.trouble}
      .strings=${strings}
    ></voice-agent-notice>
    <voice-agent-transcript
      slot="transcript"
      exportparts="scroller: transcript, message, user-message, assistant-message, system-message, tool, earlier-button, newer-button, latest-button, empty"
      .messages=${conversation.messages}
      .toolCalls=${conversation.toolCalls}
      .strings=${strings}
    ></voice-agent-transcript>
    <voice-agent-controls
      slot="controls"
      exportparts="controls, meters, meter, duration, mute-button, interrupt-button, end-button"
      .status=${status}
      .strings=${strings}
    ></voice-agent-controls>
    <voice-agent-composer
      slot="composer"
      exportparts="composer, input, send-button"
      .status=${status}
      .disabled=${model.disabled}
      .strings=${strings}
    ></voice-agent-composer>
  </voice-agent-panel>`;
}
