/** `open` and `muted` as controlled state: changes by the visitor and by scripts are reported. */
import { afterEach, expect, test } from 'vitest';
import { VoiceAgent } from '../../../src/element/voice-agent.js';

VoiceAgent.define();
const added: Element[] = [];
afterEach(() => {
  for (const element of added.splice(0)) element.remove();
});

/** An element and its reported changes, as `[type, detail]`. */
async function page(attributes = ''): Promise<{ agent: VoiceAgent; changes: unknown[] }> {
  const template = document.createElement('template');
  template.innerHTML = `<voice-agent placement="bottom-end" ${attributes}></voice-agent>`;
  const agent = document.importNode(template.content, true).firstElementChild as VoiceAgent;
  added.push(agent);
  const changes: unknown[] = [];
  for (const type of ['voice-agent-open-change', 'voice-agent-mute-change'] as const) {
    agent.addEventListener(type, ({ detail }) => changes.push([type, detail]));
  }
  document.body.append(agent);
  await agent.updateComplete;
  return { agent, changes };
}

test('the first render reports no change', async () => {
  expect((await page()).changes).toEqual([]);
  expect((await page('open muted')).changes).toEqual([]);
});

test('opening the panel by script and minimising it by its button are reported', async () => {
  const { agent, changes } = await page();
  agent.open = true;
  await expect.poll(() => changes).toEqual([['voice-agent-open-change', { open: true }]]);
  await expect
    .poll(() => agent.renderRoot.querySelector('voice-agent-panel')?.shadowRoot?.querySelector('[part="close-button"]'))
    .toBeTruthy();
  agent.renderRoot.querySelector('voice-agent-panel')?.shadowRoot?.querySelector<HTMLButtonElement>('[part="close-button"]')?.click();
  await expect.poll(() => changes.at(-1)).toEqual(['voice-agent-open-change', { open: false }]);
  expect(agent.open).toBe(false);
});

test('mute() and the attribute are reported once; setting the same value again is not', async () => {
  const { agent, changes } = await page();
  agent.mute();
  await agent.updateComplete;
  agent.muted = true;
  await agent.updateComplete;
  expect(changes).toEqual([['voice-agent-mute-change', { muted: true }]]);
  agent.setAttribute('muted', 'false');
  await agent.updateComplete;
  expect(changes.at(-1)).toEqual(['voice-agent-mute-change', { muted: false }]);
  agent.muted = true;
  agent.muted = false;
  await agent.updateComplete;
  expect(changes).toHaveLength(2);
});
