/** Exercises the built element in the DOM of a test tool, which has no WebRTC. */
import type { LitElement } from 'lit';
import { expect } from 'vitest';
import type {} from '../../src/element/voice-agent.js';

const BUILT = new URL('../../dist/define.js', import.meta.url).pathname;

/** Adds the element, checks its button and starts a call. */
export async function useBuiltElement(placement: 'inline' | 'bottom-end'): Promise<void> {
  await import(/* @vite-ignore */ BUILT);
  const element = document.createElement('voice-agent');
  Object.assign(element, { placement, tokenUrl: '/voice/token' });
  document.body.append(element);
  await element.updateComplete;
  const launcher = element.renderRoot.querySelector<LitElement>('voice-agent-launcher');
  await launcher?.updateComplete;
  const button = launcher?.shadowRoot?.querySelector('button');
  expect(button?.textContent).toContain(placement === 'inline' ? 'Start talking' : 'Talk to us');

  await expect(element.connect()).rejects.toMatchObject({ name: 'VoiceAgentError', code: 'unsupported' });
  await element.updateComplete;
  expect(element.state).toBe('failed');
  element.remove();
}
