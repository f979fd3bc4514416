import { css } from 'lit';

/**
 * Motion of the bloom: transform and opacity only. Loudness scales whole rings and single petals with different weights,
 * which looks alive without one line of script per petal.
 */
export const orbStyles = css`
  :host {
    --_in: var(--voice-agent-input-level, var(--voice-agent-level, 0));
    --_out: var(--voice-agent-output-level, var(--voice-agent-level, 0));
    display: block;
    aspect-ratio: 1;
  }
  div {
    position: absolute;
    inset: 0;
  }
  [part='bloom'] {
    position: relative;
    block-size: 100%;
    inset: auto;
    contain: strict;
    contain: layout style;
  }
  .outer,
  .inner,
  .core,
  .halo {
    transition:
      scale 0.5s cubic-bezier(0.3, 1.3, 0.5, 1),
      opacity 0.5s;
  }
  i {
    position: absolute;
    inset-block: 3% 50%;
    inset-inline: 34%;
    transform-origin: 50% 100%;
    rotate: calc(var(--n, 0) * var(--step));
    border-radius: 50% 50% 50% 50% / 62% 62% 38% 38%;
    background: radial-gradient(
      ellipse 90% 110% at 50% 100%,
      transparent 8%,
      color-mix(in srgb, currentcolor 55%, transparent) 45%,
      color-mix(in srgb, currentcolor 92%, #fff) 100%
    );
    transition:
      color 0.6s,
      scale 0.12s linear;
  }
  .outer {
    --step: 45deg;
    color: var(--_agent);
    animation: turn 48s linear infinite;
  }
  .inner {
    --step: 60deg;
    inset: 20%;
    color: var(--_user);
    animation: turn 36s linear infinite reverse;
  }
  .outer i:nth-child(2n) {
    color: var(--_second, var(--_third));
  }
  i:nth-child(2) {
    --n: 1;
  }
  i:nth-child(3) {
    --n: 2;
  }
  i:nth-child(4) {
    --n: 3;
  }
  i:nth-child(5) {
    --n: 4;
  }
  i:nth-child(6) {
    --n: 5;
  }
  i:nth-child(7) {
    --n: 6;
  }
  i:nth-child(8) {
    --n: 7;
  }
  .core {
    inset: 42%;
    border-radius: 50%;
    background: light-dark(#fff, #fff4e6);
    opacity: 0.9;
  }
  .halo {
    inset: 4%;
    border-radius: 50%;
    border: 1.5px solid var(--_user);
    opacity: 0;
  }
  @keyframes turn {
    to {
      transform: rotate(360deg);
    }
  }
`;
