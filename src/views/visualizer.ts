/**
 * The visualizer: two rings of petals, one for each voice, that open as it speaks. Owns its shapes and motion; the levels
 * are set from outside and scale three composited elements, without an update of this view or of a petal's style.
 */
import { html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import type { Levels } from '../contract/call.js';
import type { CallStatus } from '../contract/index.js';
import { tokens } from '../styles/tokens.js';
import { panelIcons } from './panel-icons.js';
import { visualStateOf } from './visual-state.js';
import type { VisualState } from './visual-state.js';
import { visualizerStyles } from './visualizer-styles.js';
import { View } from './view.js';

const petals = (count: number): TemplateResult[] => Array.from({ length: count }, () => html`<i></i>`);
const rings = html`<div class="halo"></div>
  <div class="voice"><div class="outer">${petals(8)}</div></div>
  <div class="voice"><div class="inner">${petals(6)}</div></div>`;

/** The icon in the centre, for states that the visitor should notice. */
const signs: Partial<Record<VisualState, TemplateResult>> = {
  permission: panelIcons.microphone,
  'text-only': panelIcons.keyboard,
  muted: panelIcons.microphoneOff,
  'sound-off': panelIcons.soundOff,
};

/** How much a ring, and the centre, grow from silence to the loudest voice. */
const REACH = 0.24;
const CORE_REACH = 0.35;
const scaled = (by: number): string => `scale(${(1 + by).toFixed(3)})`;

/**
 * The signature visual. Hidden from assistive technology: the state is shown as text next to it.
 *
 * @csspart visualizer - The audio visualizer.
 */
export class VoiceAgentVisualizer extends View {
  static override styles = [tokens, visualizerStyles];
  static override properties: PropertyDeclarations = { status: { attribute: false } };

  declare status: CallStatus;

  constructor() {
    super();
    this.status = { state: 'idle' };
  }

  /** Opens each ring according to the level of its voice, 0..1. May be called every frame. */
  show({ input, output }: Levels): void {
    const [agent, user, core] = this.renderRoot.querySelectorAll<HTMLElement>('.voice, .core');
    if (!agent || !user || !core) return;
    agent.style.transform = scaled(output * REACH);
    user.style.transform = scaled(input * REACH);
    core.style.transform = scaled(Math.max(input, output) * CORE_REACH);
  }

  protected override render(): TemplateResult {
    const mood = visualStateOf(this.status);
    const sign = signs[mood];
    return html`<div part="visualizer" class="${mood} ${sign ? 'signed' : ''}" aria-hidden="true">${rings}<div class="core">${sign ?? nothing}</div></div>`;
  }
}
