/** Non-text contrast in both colour schemes: level meters and focus ring (WCAG 2.2, 1.4.11 and 2.4.13). */
import { html } from 'lit';
import type { LitElement } from 'lit';
import { describe, expect, test } from 'vitest';
import type { VoiceAgentControls } from '../../../src/views/controls.js';
import { connected, mount, part, strings } from './mount.js';

/** Relative luminance of any CSS colour, as rendered by the browser. */
function luminance(color: string): number {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d') as OffscreenCanvasRenderingContext2D;
  canvas.fillStyle = color;
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data].map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** The colour of a private token of a view. */
function token(view: LitElement, name: string): string {
  const probe = document.createElement('b');
  probe.style.color = `var(${name})`;
  view.renderRoot.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

const controls = (scheme: string, colours = ''): Promise<VoiceAgentControls> =>
  mount(
    html`<voice-agent-controls style="color-scheme: ${scheme}; ${colours}" .status=${connected()} .strings=${strings}></voice-agent-controls>`,
  );

describe.each(['light', 'dark'])('in the %s scheme', (scheme) => {
  // The widget's own colours, and page colours that are close to the background.
  test.each([
    '',
    '--voice-agent-user-color: #fffde7; --voice-agent-agent-color: #fff',
    '--voice-agent-user-color: #1a1a1a; --voice-agent-agent-color: #101030',
  ])('meters with the colours "%s" have a contrast of 3:1 to their background', async (colours) => {
    const view = await controls(scheme, colours);
    const meters = [...view.renderRoot.querySelectorAll<HTMLElement>('[part=meter]')];
    expect(meters).toHaveLength(2);
    for (const meter of meters) {
      const style = getComputedStyle(meter);
      const edge = /^(?:[a-z]+\([^)]*\)|#\w+)/.exec(style.boxShadow)?.[0] ?? '';
      expect(
        contrast(getComputedStyle(meter.firstElementChild as HTMLElement).backgroundColor, style.backgroundColor),
        'level',
      ).toBeGreaterThanOrEqual(3);
      expect(contrast(edge, token(view, '--_surface')), 'edge').toBeGreaterThanOrEqual(3);
    }
  });

  test('the focus ring has two colours with a contrast of 3:1', async () => {
    const view = await controls(scheme);
    part(view, 'mute-button').focus({ focusVisible: true });
    const { outlineColor, boxShadow } = getComputedStyle(part(view, 'mute-button'));
    const second = /^(?:[a-z]+\([^)]*\)|#\w+)/.exec(boxShadow)?.[0] ?? '';
    expect(contrast(outlineColor, second)).toBeGreaterThanOrEqual(3);
  });
});
