/**
 * The bloom: two rings of petals, one for each voice, that open as it speaks. Owns its shapes and motion; the loudness
 * comes from outside and moves three elements that the compositor scales: no update of this view, no style of a petal.
 */
import { html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import type { Levels } from '../contract/call.js';
import type { CallStatus } from '../contract/index.js';
import { tokens } from '../styles/tokens.js';
import { keyboard, microphone, microphoneOff, soundOff } from './icons.js';
import { moodOf } from './mood.js';
import type { Mood } from './mood.js';
import { orbStyles } from './orb-styles.js';
import { View } from './view.js';

const petals = (count: number): TemplateResult[] => Array.from({ length: count }, () => html`<i></i>`);
const corollas = html`<div class="halo"></div>
  <div class="voice"><div class="outer">${petals(8)}</div></div>
  <div class="voice"><div class="inner">${petals(6)}</div></div>`;

/** The sign in the middle, for what the visitor should notice. */
const signs: Partial<Record<Mood, TemplateResult>> = { permission: microphone, 'text-only': keyboard, muted: microphoneOff, 'sound-off': soundOff };

/** How much a ring, and the heart of the flower, grow from silence to the loudest voice. */
const REACH = 0.24;
const CORE_REACH = 0.35;
const scaled = (by: number): string => `scale(${(1 + by).toFixed(3)})`;

/**
 * The signature visual. Silent for assistive technology: the state is in words beside it.
 *
 * @csspart bloom - The whole flower.
 */
export class VoiceAgentOrb extends View {
  static override styles = [tokens, orbStyles];
  static override properties: PropertyDeclarations = { status: { attribute: false } };

  declare status: CallStatus;

  constructor() {
    super();
    this.status = { state: 'idle' };
  }

  /** Opens each ring as far as its voice is loud, 0..1. May be called in every frame. */
  show({ input, output }: Levels): void {
    const [agent, user, core] = this.renderRoot.querySelectorAll<HTMLElement>('.voice, .core');
    if (!agent || !user || !core) return;
    agent.style.transform = scaled(output * REACH);
    user.style.transform = scaled(input * REACH);
    core.style.transform = scaled(Math.max(input, output) * CORE_REACH);
  }

  protected override render(): TemplateResult {
    const mood = moodOf(this.status);
    const sign = signs[mood];
    return html`<div part="bloom" class="${mood} ${sign ? 'signed' : ''}" aria-hidden="true">${corollas}<div class="core">${sign ?? nothing}</div></div>`;
  }
}
