/**
 * Behind door one: the panel composed of its views. Owns the arrangement, which parts reach the page, and what visitors typed
 * before a call could take it.
 * Reached only by `import()`.
 */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { RequestEvent } from '../contract/events.js';
import type { Conversation } from '../contract/messages.js';
import type { CallStatus } from '../contract/states.js';
import { definePanelViews, english } from '../views/panel-views.js';
import type { PanelCall, PanelHost } from './host.js';

definePanelViews();

/** What visitors typed and no call has taken yet, by element. */
const unsent = new WeakMap<PanelHost, string[]>();

let captions: typeof import('./captions.js') | undefined;
let captionsComing: Promise<void> | undefined;

/** Loads what `mode="transcription"` shows, once; a failed load is tried again with the next render. */
function loadCaptions(host: PanelHost): void {
  captionsComing ??= import('./captions.js').then(
    (module) => {
      captions = module;
    },
    () => {
      captionsComing = undefined;
    },
  );
  void captionsComing.then(() => captions && host.requestUpdate());
}

/** Says it in the call; starts one by text alone where there is none. What cannot be said waits for the next call. */
async function sendByVisitor(host: PanelHost, text: string): Promise<void> {
  const queue = unsent.get(host) ?? [];
  unsent.set(host, queue);
  queue.push(text);
  try {
    if (host.state !== 'connected') await host.connect({ microphone: false });
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await host.send(next);
  } catch {
    // The failed state and voice-agent-error have said it.
  }
}

/** The open panel. Opening, closing and starting a call are the element's own; the other requests end here. */
export function renderPanel(host: PanelHost, calls: PanelCall): TemplateResult {
  const { status, conversation } = calls;
  const said = conversation.messages.length > 0;
  const oneWay = host.mode === 'transcription';
  if (oneWay && !captions) loadCaptions(host);
  const strings = (oneWay && captions?.words) || english;
  return html`<voice-agent-panel
    exportparts="panel, header, heading, disclosure, close-button, stage, state"
    .placement=${host.placement}
    .heading=${host.heading ?? ''}
    .status=${status}
    .compact=${said}
    .oneWay=${oneWay}
    .asking=${!!calls.approvals?.length}
    .strings=${strings}
    @voice-agent-close-request=${() => void calls.close('user')}
    @voice-agent-mute-request=${({ detail }: RequestEvent<'voice-agent-mute-request'>) => host.mute(detail.muted)}
    @voice-agent-interrupt-request=${() => host.interrupt()}
    @voice-agent-send-request=${({ detail }: RequestEvent<'voice-agent-send-request'>) => void sendByVisitor(host, detail.text)}
    @voice-agent-decide-request=${({ detail }: RequestEvent<'voice-agent-decide-request'>) => calls.call?.decide(detail.id, detail.approved)}
    @voice-agent-sound-request=${() => void calls.call?.resumeSound()}
  >
    <voice-agent-orb slot="visual" exportparts="bloom" .status=${status}></voice-agent-orb>
    <voice-agent-notice
      slot="notice"
      exportparts="notice, message: notice-message, actions: notice-actions, action: notice-action"
      .status=${status}
      .error=${calls.trouble}
      .oneWay=${oneWay}
      .strings=${strings}
    ></voice-agent-notice>
    ${oneWay ? captions?.renderCaptions(host, calls) : renderTranscript(conversation)}
    ${
      calls.approvals
        ? html`<voice-agent-approval
            slot="approval"
            exportparts="approval, approval-title, approval-details, approval-time, approval-actions, allow-button, deny-button"
            .approvals=${calls.approvals}
            .status=${status}
          ></voice-agent-approval>`
        : nothing
    }
    <voice-agent-controls
      slot="controls"
      exportparts="controls, meters, meter, duration, mute-button, interrupt-button, end-button"
      .status=${status}
      .oneWay=${oneWay}
      .strings=${strings}
    ></voice-agent-controls>
    ${oneWay ? nothing : renderComposer(host, status)}
  </voice-agent-panel>`;
}

function renderTranscript({ messages, toolCalls }: Conversation): TemplateResult {
  return html`<voice-agent-transcript
      slot="transcript"
      exportparts="scroller: transcript, message, user-message, assistant-message, system-message, tool, earlier-button, newer-button, latest-button, empty"
      .messages=${messages}
      .toolCalls=${toolCalls}
      .strings=${english}
    ></voice-agent-transcript>`;
}

function renderComposer({ disabled }: PanelHost, status: CallStatus): TemplateResult {
  return html`<voice-agent-composer
      slot="composer"
      exportparts="composer, input, send-button"
      .status=${status}
      .disabled=${disabled}
      .strings=${english}
    ></voice-agent-composer>`;
}
