/** Browsers without `ElementInternals.states`: the element works, only `:state()` never matches. */
import { expect, onTestFinished, test } from 'vitest';
import { VoiceAgent } from '../../../src/element/voice-agent.js';

test('an element without custom states renders its button and follows its properties', async () => {
  const states = Object.getOwnPropertyDescriptor(ElementInternals.prototype, 'states') as PropertyDescriptor;
  Reflect.deleteProperty(ElementInternals.prototype, 'states');
  onTestFinished(() => void Object.defineProperty(ElementInternals.prototype, 'states', states));
  VoiceAgent.define();
  const element = document.createElement('voice-agent');
  onTestFinished(() => element.remove());
  document.body.append(element);
  await element.updateComplete;
  element.muted = true;
  await element.updateComplete;
  const button = element.renderRoot.querySelector('voice-agent-launcher')?.shadowRoot?.querySelector('button');
  expect(button?.checkVisibility()).toBe(true);
  expect(element.matches(':state(muted)')).toBe(false);
});
