/**
 * Keeps the controls of a running call within the visitor's reach, whatever the page does to the element: a bar with Mute and End floats
 * while those of the element cannot be pressed. Brings the pill of a minimised call, too.
 *
 * Owns: the bar, where in the page it stands, muting a microphone whose widget the page hid. Does not own: the call, the looks.
 * Loaded once a call is live.
 */
import { panelBase } from '../styles/panel-base.js';
import { tokens } from '../styles/tokens.js';
import { VoiceAgentCallBar } from '../views/call-bar.js';
import { defineView } from '../views/define-view.js';
import { VoiceAgentPill } from '../views/pill.js';
import type { CallKeeper } from './host.js';
import { keepKeys } from './page-keys.js';
import { openModal, reachOf } from './reach.js';

defineView('voice-agent-call-bar', VoiceAgentCallBar);
defineView('voice-agent-pill', VoiceAgentPill);

/** Milliseconds after which a first miss is looked at again, so that a move or an animation shows no bar. */
const SOON = 250;
/** Milliseconds between two looks: transparency, an overlay or a transform fires no event. */
const LATER = 1_000;

/** What a page may set on the element, and what the bar takes along. */
const PROPERTIES = new Set(`${tokens.cssText}${panelBase.cssText}`.match(/--voice-agent-[\w-]+/g));

/** Watches until the function that it returns is called. */
export function keepControlsInReach(calls: CallKeeper): () => void {
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
    const reach = control ? reachOf(control) : 'hidden';
    if (reach === 'reachable') {
      wasSeen = true;
      hide();
    } else if (!missed) {
      missed = true;
      return again(SOON);
    } else {
      if (!bar && reach === 'hidden' && wasSeen) silence();
      show();
    }
    again(LATER);
  };

  /** A page that hides the widget in a call does not take an open microphone out of sight. */
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
    if (bar.isConnected && (bar.matches(':focus-within') || (end && reachOf(end) === 'reachable'))) return;
    // The latest in the top layer, and inside the modal dialog: all else is inert.
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
    keepKeys(made.renderRoot, host);
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

/** What ends the call: the button of the panel or the pill, or a floating launcher that opens the panel. */
function controlOf({ renderRoot, placement }: CallKeeper['host']): Element | null {
  const inside = (view: string): ShadowRoot | null | undefined => renderRoot.querySelector(`voice-agent-${view}`)?.shadowRoot;
  const end = (inside('controls') ?? inside('pill'))?.querySelector('[part=end-button]');
  if (end) return end;
  return (placement !== 'inline' && inside('launcher')?.querySelector('button')) || null;
}
