import { css } from 'lit';

/**
 * Motion of the visualizer: transform and opacity only. The mood sets how far each ring is open; slow rotation and breathing are
 * added on top. Each uses a different transform property, so that they combine without script per petal. The level scales the
 * element around each ring, which has its own layer: a variable inherited by 14 petals costs ten times as much style. It has
 * no transition: one that restarts every frame costs more than the rest of the widget.
 */
export const visualizerStyles = css`
  :host {
    display: block;
    aspect-ratio: 1;
  }
  div {
    position: absolute;
    inset: 0;
  }
  [part='visualizer'] {
    --o: 0.86;
    --i: 0.9;
    --a: var(--_agent);
    --b: var(--_third);
    --c: var(--_user);
    position: relative;
    block-size: 100%;
    contain: layout style;
  }
  .outer,
  .inner,
  .halo,
  .core {
    transition:
      scale 0.7s cubic-bezier(0.3, 1.4, 0.5, 1),
      opacity 0.5s;
  }
  .voice,
  .core {
    will-change: transform;
  }
  .outer {
    --step: 45deg;
    color: var(--a);
    scale: var(--o);
    animation:
      turn 60s linear infinite,
      breathe 6s ease-in-out infinite;
  }
  .inner {
    --step: 60deg;
    inset: 21%;
    color: var(--c);
    scale: var(--i);
    animation:
      turn 44s linear infinite reverse,
      breathe 5s ease-in-out -2s infinite;
  }
  i {
    position: absolute;
    inset-block: 4% 50%;
    inset-inline: 34.5%;
    transform-origin: 50% 100%;
    rotate: calc(var(--n, 0) * var(--step));
    scale: 0.96 0.9;
    border-radius: 50% 50% 50% 50% / 62% 62% 38% 38%;
    background: radial-gradient(
      ellipse 95% 115% at 50% 100%,
      transparent 6%,
      color-mix(in srgb, currentcolor 60%, transparent) 48%,
      color-mix(in srgb, currentcolor 90%, #fff)
    );
    box-shadow: inset 0 0.5px 1.5px #fff9;
    transition: color 0.7s;
  }
  .outer i:nth-child(2n) {
    color: var(--b);
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
    inset: 42.5%;
    border-radius: 50%;
    background: radial-gradient(#fff, #fff3df);
  }
  .halo {
    inset: 1%;
    border: 2px solid var(--_user);
    border-radius: 50%;
    opacity: 0;
    scale: 0.8;
  }

  .connecting {
    --o: 0.74;
    --i: 0.5;
  }
  .connecting .outer {
    animation-duration: 8s, 6s;
  }
  .connecting i {
    animation: kindle 1.6s ease-in-out calc(var(--n, 0) * 0.2s) infinite;
  }
  .listening,
  .user-speaking {
    --o: 0.74;
    --i: 1.3;
  }
  .listening .halo {
    opacity: 0.3;
    scale: 0.94;
    animation: breathe 5s ease-in-out -2s infinite;
  }
  .user-speaking {
    --i: 1.4;
  }
  .user-speaking .outer {
    opacity: 0.55;
  }
  .user-speaking .halo {
    opacity: 0.8;
    scale: 0.9;
  }
  .thinking {
    --o: 0.84;
    --i: 0.62;
    --a: var(--_third);
    --c: var(--_third);
  }
  .thinking i {
    animation: wave 1.6s ease-in-out calc(var(--n, 0) * 0.2s) infinite;
  }
  .speaking {
    --o: 0.94;
    --i: 0.74;
  }
  .muted {
    --o: 0.74;
    --i: 0.8;
  }
  /* An icon in the centre needs space and a calm background. */
  .signed .core {
    inset: 36%;
    padding: 5%;
    color: #1f1a30;
    background: #fff;
  }
  svg {
    display: block;
    fill: none;
    stroke: currentcolor;
    stroke-width: 1.8;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .permission {
    --o: 0.6;
    --i: 1.2;
  }
  .permission .halo {
    opacity: 0.9;
    scale: 0.94;
    border-style: dashed;
    animation: kindle 1.6s ease-in-out infinite;
  }
  .text-only {
    --o: 0.94;
    --i: 0.9;
  }
  .text-only,
  .sound-off {
    --grey: color-mix(in srgb, var(--_muted) 72%, var(--_surface));
  }
  .text-only {
    --c: var(--grey);
  }
  .sound-off {
    --o: 0.68;
    --a: var(--grey);
    --b: var(--grey);
  }
  .muted,
  .ended,
  .failed {
    --grey: color-mix(in srgb, var(--_muted) 72%, var(--_surface));
    --c: var(--grey);
  }
  .ended {
    --o: 0.68;
    --i: 0.7;
    --a: var(--grey);
    --b: color-mix(in srgb, var(--_third) 45%, var(--grey));
  }
  .failed {
    --o: 0.68;
    --i: 0.5;
    --a: var(--grey);
    --b: color-mix(in srgb, #d3363c 75%, var(--grey));
  }
  .muted .inner,
  .ended > *,
  .failed > * {
    animation-play-state: paused;
  }

  @keyframes turn {
    to {
      rotate: 360deg;
    }
  }
  @keyframes breathe {
    50% {
      transform: scale(1.045);
    }
  }
  @keyframes kindle {
    50% {
      opacity: 0.25;
    }
  }
  @keyframes wave {
    40% {
      transform: scaleY(1.14);
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .voice,
    .core {
      transform: none !important;
      will-change: auto;
    }
    * {
      animation: none !important;
      transition: none !important;
    }
  }
  @media (forced-colors: active) {
    i {
      background: Canvas;
      border: 1.5px solid CanvasText;
    }
    .core {
      background: Highlight;
    }
  }
`;
