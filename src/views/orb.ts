/**
 * The bloom: two rings of petals, one for each voice, that open as it speaks. Owns its shapes and motion; the loudness
 * comes from outside, as CSS variables that change every frame without an update of this view.
 */
import { LitElement, html } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import type { CallStatus } from '../contract/index.js';
import { tokens } from '../styles/tokens.js';
import { moodOf } from './mood.js';
import { orbStyles } from './orb-styles.js';

const petals = (count: number): TemplateResult[] => Array.from({ length: count }, () => html`<i></i>`);
const corollas = html`<div class="halo"></div>
  <div class="outer">${petals(8)}</div>
  <div class="inner">${petals(6)}</div>
  <div class="core"></div>`;

/**
 * The signature visual. Silent for assistive technology: the state is in words beside it.
 *
 * @csspart bloom - The whole flower.
 * @cssprop --voice-agent-input-level - The visitor's loudness, 0..1. Set it on this element in a frame callback.
 * @cssprop --voice-agent-output-level - The agent's loudness, 0..1. Set it on this element in a frame callback.
 */
export class VoiceAgentOrb extends LitElement {
  static override styles = [tokens, orbStyles];
  static override properties: PropertyDeclarations = { status: { attribute: false } };

  declare status: CallStatus;

  constructor() {
    super();
    this.status = { state: 'idle' };
  }

  protected override render(): TemplateResult {
    return html`<div part="bloom" class=${moodOf(this.status)} aria-hidden="true">${corollas}</div>`;
  }
}
