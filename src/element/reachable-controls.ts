/**
 * Keeps the controls of an active call reachable, whatever the page does to the element: a floating bar with Mute and End is shown
 * while those of the element cannot be pressed. Also loads the pill of a minimised call.
 *
 * Owns: the bar, its place in the page, muting the microphone when the page hides the widget. Does not own: the call, the styles.
 * Loaded once a call is live.
 */
import { panelBase } from '../styles/panel-base.js';
import { tokens } from '../styles/tokens.js';
import { VoiceAgentCallBar } from '../views/call-bar.js';
import { defineView } from '../views/define-view.js';
import { VoiceAgentPill } from '../views/pill.js';
import type { CallKeeper } from './host.js';
import { isolateKeys } from './isolate-keys.js';
import { openModal, visibilityOf } from './visibility.js';

defineView('voice-agent-call-bar', VoiceAgentCallBar);
defineView('voice-agent-pill', VoiceAgentPill);

/** Milliseconds after which a first miss is checked again, so that a move or an animation does not show the bar. */
const SOON = 250;
/** Milliseconds between two checks: transparency, an overlay or a transform fires no event. */
const LATER = 1_000;

/** The custom properties that a page may set on the element; they are copied to the bar. */
const PROPERTIES = new Set(`${tokens.cssText}${panelBase.cssText}`.match(/--voice-agent-[\w-]+/g));

/** Starts watching. @returns a function that stops it */
export function keepControlsReachable(calls: CallKeeper): () => void {
  const { host } = calls;
  let bar: VoiceAgentCallBar | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let watched: Element | null = null;
  let missed = false;
  let wasSeen = false;
  let silenced = false;

  const again = (milliseconds: number): void => {
    clearTimeout(timer);
    timer = setTimeout(look, milliseconds);
  };
  const observer = new IntersectionObserver(() => again(SOON));

  const look = (): void => {
    const control = controlOf(host);
    if (control !== watched) {
      observer.disconnect();
      if (control) observer.observe(control);
      watched = control;
    }
    const visibility = control ? visibilityOf(control) : 'hidden';
    if (visibility === 'reachable') {
      wasSeen = true;
      hide();
    } else if (!missed) {
      missed = true;
      return again(SOON);
    } else {
      if (!bar && visibility === 'hidden' && wasSeen) silence();
      show();
    }
    again(LATER);
  };

  /** Mutes the microphone when the page hides the widget during a call. */
  const silence = (): void => {
    const { status, call } = calls;
    silenced = status.state === 'connected' && status.microphone === 'live';
    if (silenced) call?.mute(true);
  };

  const show = (): void => {
    const page = host.ownerDocument;
    bar ??= makeBar();
    bar.silenced = silenced;
    update();
    const end = bar.renderRoot.querySelector('voice-agent-controls')?.shadowRoot?.querySelector('[part=end-button]');
    if (bar.isConnected && (bar.matches(':focus-within') || (end && visibilityOf(end) === 'reachable'))) return;
    // Last in the top layer, and inside the modal dialog if one is open: everything else is inert.
    (openModal(page) ?? page.body).append(bar);
    bar.popover = 'manual';
    bar.showPopover();
  };

  const hide = (): void => {
    missed = false;
    bar?.remove();
    bar = undefined;
    if (silenced) calls.call?.mute(false);
    silenced = false;
  };

  const makeBar = (): VoiceAgentCallBar => {
    const made = new VoiceAgentCallBar();
    const on = (name: string, act: (detail: { muted: boolean }) => void): void =>
      made.renderRoot.addEventListener(name, (event) => act((event as CustomEvent<{ muted: boolean }>).detail));
    on('voice-agent-close-request', () => void calls.close('user'));
    on('voice-agent-interrupt-request', () => calls.call?.interrupt());
    on('voice-agent-mute-request', ({ muted }) => {
      silenced = made.silenced = false;
      calls.call?.mute(muted);
    });
    isolateKeys(made.renderRoot, host);
    const style = getComputedStyle(host);
    made.dir = style.direction;
    for (const name of PROPERTIES) {
      const value = style.getPropertyValue(name);
      if (value) made.style.setProperty(name, value);
    }
    return made;
  };

  const update = (): void => {
    if (!bar) return;
    bar.status = calls.status;
    bar.heading = host.heading ?? '';
    bar.theme = host.theme;
    bar.placement = host.placement === 'inline' ? 'bottom-end' : host.placement;
    bar.oneWay = host.mode === 'transcription';
  };

  const controller = { hostUpdated: update };
  host.addController(controller);
  look();
  return () => {
    clearTimeout(timer);
    observer.disconnect();
    host.removeController(controller);
    silenced = false;
    hide();
  };
}

/** The control that ends the call: the button of the panel or the pill, or a floating launcher that opens the panel. */
function controlOf({ renderRoot, placement }: CallKeeper['host']): Element | null {
  const inside = (view: string): ShadowRoot | null | undefined => renderRoot.querySelector(`voice-agent-${view}`)?.shadowRoot;
  const end = (inside('controls') ?? inside('pill'))?.querySelector('[part=end-button]');
  if (end) return end;
  return (placement !== 'inline' && inside('launcher')?.querySelector('button')) || null;
}
