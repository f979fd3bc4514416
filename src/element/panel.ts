/**
 * The panel, composed of its views. Owns the composition and the exported parts.
 * Loaded only by `import()`.
 */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { RequestEvent } from '../contract/events.js';
import type { VoiceAgentError } from '../contract/errors.js';
import type { ConversationItem } from '../contract/messages.js';
import type { CallStatus } from '../contract/states.js';
import type { VoiceAgentComposer } from '../views/composer.js';
import { definePanelViews, english, isByText } from '../views/panel-views.js';
import { loadFailed } from './load-failed.js';
import type { PanelCall, PanelHost } from './host.js';
import { TypedTurns } from './typed-turns.js';

definePanelViews();

/** Typed turns, by element. */
const typedTurns = new WeakMap<PanelHost, TypedTurns>();

/** Code of the panel that is loaded when it is first shown. A failed load is retried with the next render. */
class LazyCode<Module> {
  /** `undefined` until it is loaded. */
  loaded: Module | undefined;
  readonly #load: () => Promise<Module>;
  #loading: Promise<void> | undefined;

  constructor(load: () => Promise<Module>) {
    this.#load = load;
  }

  /** Renders the host again once the code is loaded; reports a failure with `load_failed`. */
  request(host: Pick<PanelHost, 'requestUpdate'>, onFailure?: (error: VoiceAgentError) => void): void {
    if (this.loaded) return;
    this.#loading ??= this.#load().then((module) => void (this.loaded = module), loadFailed);
    this.#loading.then(
      () => host.requestUpdate(),
      (error: VoiceAgentError) => {
        this.#loading = undefined;
        onFailure?.(error);
      },
    );
  }
}

/** The captions of `mode="transcription"`. */
const captions = new LazyCode(() => import('./captions.js'));

/**
 * The transcript, once there is, or soon will be, something to read; a connecting call does not wait for it. Its tag is rendered only once
 * it is defined: an element that is upgraded later would get its styles in the wrong document if the page moved the widget meanwhile.
 */
const transcript = new LazyCode(async () => {
  (await import('../views/transcript.js')).defineTranscriptView();
  return true;
});

/** Preloads what the panel shows first in this mode, before a likely call. */
export function preload(host: Pick<PanelHost, 'mode' | 'requestUpdate'>): void {
  if (host.mode === 'transcription') captions.request(host);
}

/**
 * Renders the open panel, or the pill of a call whose panel is minimised; `undefined` if the launcher is shown. The element itself
 * handles opening, closing and starting a call; all other requests are handled here.
 */
export function renderPanel(host: PanelHost, calls: PanelCall): TemplateResult | undefined {
  const { status } = calls;
  if (!host.open) return renderPill(host, calls);
  const typed = typedTurns.get(host) ?? new TypedTurns(host);
  typedTurns.set(host, typed);
  const { waiting } = typed;
  const items = waiting.length > 0 ? [...calls.conversation.items, ...waiting] : calls.conversation.items;
  const hasItems = items.length > 0;
  const oneWay = host.mode === 'transcription';
  if (oneWay) captions.request(host);
  const strings = (oneWay && captions.loaded?.words) || english;
  return html`<voice-agent-panel
    exportparts="panel, header, heading, disclosure, announce-switch, close-button, stage, state"
    .placement=${host.placement}
    .heading=${host.heading ?? ''}
    .status=${status}
    .compact=${hasItems}
    .oneWay=${oneWay}
    .asking=${!!calls.approvals?.length}
    .error=${calls.error}
    .announce=${host.announce}
    .strings=${strings}
    @voice-agent-close-request=${() => void calls.close('user')}
    @voice-agent-mute-request=${({ detail }: RequestEvent<'voice-agent-mute-request'>) => host.mute(detail.muted)}
    @voice-agent-interrupt-request=${() => calls.call?.interrupt()}
    @voice-agent-send-request=${({ detail }: RequestEvent<'voice-agent-send-request'>) => void typed.send(detail.text)}
    @voice-agent-decide-request=${({ detail }: RequestEvent<'voice-agent-decide-request'>) => calls.call?.decide(detail.id, detail.approved)}
    @voice-agent-extend-request=${({ detail }: RequestEvent<'voice-agent-extend-request'>) => calls.call?.extend(detail.id)}
    @voice-agent-stay-request=${() => calls.call?.reportActivity(true)}
    @voice-agent-clear-request=${() => calls.call?.clearTranscript()}
    @voice-agent-announce-request=${({ detail }: RequestEvent<'voice-agent-announce-request'>) => (host.announce = detail.announce)}
    @voice-agent-sound-request=${() => void calls.call?.resumeSound()}
    @voice-agent-microphone-request=${() => void calls.call?.retakeMicrophone()}
  >
    <voice-agent-visualizer slot="visual" exportparts="visualizer" .status=${status}></voice-agent-visualizer>
    <voice-agent-notice
      slot="notice"
      exportparts="notice, message: notice-message, actions: notice-actions, action: notice-action"
      .status=${status}
      .error=${calls.error}
      .oneWay=${oneWay}
      .hasItems=${hasItems}
      .strings=${strings}
    ></voice-agent-notice>
    ${oneWay ? captions.loaded?.renderCaptions(host, calls) : hasItems || status.state === 'connected' ? renderTranscript(host, calls, items) : nothing}
    ${
      calls.approvals
        ? html`<voice-agent-approval
            slot="approval"
            exportparts="approval, approval-title, approval-details, approval-time, approval-actions, allow-button, deny-button, more-time-button"
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
    ${oneWay ? nothing : renderComposer(host, calls, typed)}
  </voice-agent-panel>`;
}

/** The pill is shown in every state of a call, so that its live region exists before a change. Its code is loaded once a call is live. */
function renderPill(host: PanelHost, calls: PanelCall): TemplateResult | undefined {
  const { status, conversation } = calls;
  if (host.placement === 'inline' || status.state === 'idle' || !customElements.get('voice-agent-pill')) return undefined;
  const oneWay = host.mode === 'transcription';
  return html`<voice-agent-pill
    exportparts="pill, open-button, badge, mute-button, end-button"
    .placement=${host.placement}
    .heading=${host.heading ?? ''}
    .status=${status}
    .answers=${conversation.messages.filter(({ role, status: is }) => role === 'assistant' && is !== 'streaming').length}
    .oneWay=${oneWay}
    .strings=${(oneWay && captions.loaded?.words) || english}
    @voice-agent-close-request=${() => void calls.close('user')}
    @voice-agent-mute-request=${({ detail }: RequestEvent<'voice-agent-mute-request'>) => host.mute(detail.muted)}
  ></voice-agent-pill>`;
}

function renderTranscript(host: PanelHost, calls: PanelCall, items: readonly ConversationItem[]): TemplateResult | typeof nothing {
  if (!customElements.get('voice-agent-transcript')) {
    transcript.request(host, (error) => {
      if (calls.status.state === 'connected' && !calls.error) calls.update({ error });
    });
    return nothing;
  }
  return html`<voice-agent-transcript
      slot="transcript"
      exportparts="scroller: transcript, message, user-message, assistant-message, commentary-message, system-message, divider, tool, earlier-button, newer-button, latest-button, empty"
      .items=${items}
      .callStarts=${calls.callStarts}
      .quiet=${!host.announce && turnsAreHeard(calls.status)}
      .strings=${english}
    ></voice-agent-transcript>`;
}

/** In a voice call the visitor hears the turns; announcements would also be picked up by the open microphone. */
const turnsAreHeard = (status: CallStatus): boolean => status.state === 'connected' && !status.soundBlocked && !isByText(status.microphone);

function renderComposer({ disabled }: PanelHost, { status, call }: PanelCall, typed: TypedTurns): TemplateResult {
  const onInput = ({ target }: Event): void => {
    typed.draft = (target as VoiceAgentComposer).value;
    call?.reportActivity();
  };
  return html`<voice-agent-composer
      slot="composer"
      exportparts="composer, input, counter, send-button"
      .status=${status}
      .disabled=${disabled}
      .strings=${english}
      .value=${typed.draft}
      @input=${onInput}
    ></voice-agent-composer>`;
}
