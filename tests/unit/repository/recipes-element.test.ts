// @vitest-environment happy-dom
/** The recipes of CONTRIBUTING for the element, followed in a copy of the sources; see `recipes.test.ts`. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LitElement } from 'lit';
import type * as ElementModule from '../../../src/element/voice-agent.js';
import type * as VisualStateModule from '../../../src/views/visual-state.js';
import type * as ControlsModule from '../../../src/views/controls.js';
import { RECIPES } from './recipe-steps.js';
import type { Edit } from './recipe-steps.js';
import { ScratchCopy } from './scratch-copy.js';

let copy: ScratchCopy;
beforeAll(() => {
  copy = new ScratchCopy();
  for (const { edits } of Object.values(RECIPES)) for (const edit of edits as readonly Edit[]) copy.edit(edit);
});
afterAll(() => copy.remove());

const connected = {
  state: 'connected',
  activity: 'listening',
  microphone: 'live',
  soundBlocked: false,
  interrupted: false,
  since: 0,
} as const;

it('the new attribute is a property and a setting of the call', async () => {
  const { VoiceAgent } = await copy.load<typeof ElementModule>('src/element/voice-agent.ts');
  customElements.define('scratch-agent', class extends VoiceAgent {});
  const element = document.createElement('scratch-agent') as ElementModule.VoiceAgent;
  element.setAttribute('farewell', 'Goodbye');
  document.body.append(element);
  expect(element.callOptions).toMatchObject({ farewell: 'Goodbye' });
  element.remove();
});

it('the new button is shown during a call and fires its request', async () => {
  const { VoiceAgentControls } = await copy.load<typeof ControlsModule>('src/views/controls.ts');
  customElements.define('scratch-controls', class extends VoiceAgentControls {});
  const controls = document.createElement('scratch-controls') as LitElement;
  const { english } = await copy.load<{ english: unknown }>('src/i18n/english.ts');
  Object.assign(controls, { status: connected, strings: english });
  document.body.append(controls);
  await controls.updateComplete;
  const requests: string[] = [];
  controls.addEventListener('voice-agent-hold-request', ({ type }) => requests.push(type));
  const button = [...controls.renderRoot.querySelectorAll('button')].find(({ textContent }) => textContent.includes('Hold'));
  button?.click();
  expect(requests).toEqual(['voice-agent-hold-request']);
  controls.remove();
});

it('the new activity has a look and a text', async () => {
  const { stateWords, visualStateOf } = await copy.load<typeof VisualStateModule>('src/views/visual-state.ts');
  const { english } = await copy.load<{ english: never }>('src/i18n/english.ts');
  const status = { ...connected, activity: 'on-hold' } as never;
  expect([visualStateOf(status), stateWords(status, english)]).toEqual(['on-hold', 'On hold']);
});

it('the new language has all strings of the launcher', async () => {
  const { de } = await copy.load<{ de: object }>('src/i18n/de.ts');
  const { en } = await copy.load<{ en: object }>('src/i18n/en.ts');
  expect(Object.keys(de).sort()).toEqual(Object.keys(en).sort());
});
