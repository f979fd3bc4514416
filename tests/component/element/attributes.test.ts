/** Attributes and properties as pages and frameworks set them: "false" in boolean attributes, properties set before the element is defined. */
import { afterEach, describe, expect, test } from 'vitest';
import { VoiceAgent } from '../../../src/element/voice-agent.js';
import { VoiceAgentLauncher } from '../../../src/views/launcher.js';
import { definePanelViews } from '../../../src/views/panel-views.js';

definePanelViews();
const added: Element[] = [];
afterEach(() => {
  for (const element of added.splice(0)) element.remove();
});

/** Inserts markup into the page. */
async function page<E extends Element>(markup: string): Promise<E & { updateComplete: Promise<boolean> }> {
  const template = document.createElement('template');
  template.innerHTML = markup;
  const element = template.content.firstElementChild as E & { updateComplete: Promise<boolean> };
  document.body.append(element);
  added.push(element);
  await element.updateComplete;
  return element;
}

describe('boolean attributes', () => {
  VoiceAgent.define();
  const names = ['open', 'muted', 'announce', 'disabled', 'reconnect'] as const;

  test.each(['false', 'FALSE', 'False', ' false '])('treats "%s" as false', async (text) => {
    const agent = await page<VoiceAgent>(`<voice-agent ${names.map((name) => `${name}="${text}"`).join(' ')}></voice-agent>`);
    for (const name of names) expect(agent[name], name).toBe(false);
  });

  test.each(['', 'true', 'open', '0', 'no'])('treats "%s" as true', async (text) => {
    const agent = await page<VoiceAgent>(`<voice-agent ${names.map((name) => `${name}="${text}"`).join(' ')}></voice-agent>`);
    for (const name of names) expect(agent[name], name).toBe(true);
  });

  test('follow later changes and removal of the attribute', async () => {
    const agent = await page<VoiceAgent>('<voice-agent disabled></voice-agent>');
    agent.setAttribute('disabled', 'false');
    expect(agent.disabled).toBe(false);
    agent.setAttribute('disabled', 'disabled');
    expect(agent.disabled).toBe(true);
    agent.removeAttribute('disabled');
    expect(agent.disabled).toBe(false);
  });

  test('reconnect="false" is passed to the call as false', async () => {
    const agent = await page<VoiceAgent>('<voice-agent reconnect="false"></voice-agent>');
    expect(agent.callOptions).toEqual({ reconnect: false });
  });

  test.each(VIEW_ATTRIBUTES())('<%s %s="false"> is false', async (tag, attribute, property) => {
    const off = await page(`<${tag} ${attribute}="false"></${tag}>`);
    expect((off as unknown as Record<string, unknown>)[property]).toBe(false);
    const on = await page(`<${tag} ${attribute}></${tag}>`);
    expect((on as unknown as Record<string, unknown>)[property]).toBe(true);
  });
});

/** All boolean attributes of the views. */
function VIEW_ATTRIBUTES(): [tag: string, attribute: string, property: string][] {
  const views = {
    'voice-agent-launcher': VoiceAgentLauncher,
    ...Object.fromEntries(
      ['panel', 'composer', 'controls', 'notice'].map((name) => [`voice-agent-${name}`, customElements.get(`voice-agent-${name}`)]),
    ),
  };
  return Object.entries(views).flatMap(([tag, view]) => {
    const { elementProperties } = view;
    return [...elementProperties]
      .filter(([, { type, attribute }]) => type === Boolean && attribute !== false)
      .map(([name, { attribute }]): [string, string, string] => [
        tag,
        typeof attribute === 'string' ? attribute : String(name).toLowerCase(),
        String(name),
      ]);
  });
}

describe('properties set before the element is defined', () => {
  let copies = 0;

  test('are all applied and take precedence over attributes', async () => {
    const tag = `voice-agent-late-${++copies}`;
    const agent = document.createElement(tag) as VoiceAgent;
    document.body.append(agent);
    added.push(agent);
    agent.setAttribute('heading', 'From the attribute');
    const given: Record<string, unknown> = {
      ...Object.fromEntries(
        [...VoiceAgent.elementProperties].map(([name, { type }]) => [name, type === Boolean ? true : type === Number ? 5 : 'text']),
      ),
      tokenUrl: '/token',
      token: 'ek_1',
      callUrl: '/call',
      visitorToken: 'visitor',
      baseUrl: 'https://api.example/v1',
      transport: 'websocket',
      dialect: 'beta',
      keyCarrier: 'query',
      workletUrl: '/worklet.js',
      announce: true,
      mode: 'transcription',
      reconnect: true,
      agent: {},
      agentOptions: {},
      model: 'm',
      voice: 'v',
      instructions: 'i',
      language: 'de',
      greeting: 'Hello',
      turnDetection: 'none',
      sessionConfig: {},
      tools: [],
      timeout: 5,
      mediaStream: new MediaStream(),
      audioElement: new Audio(),
      for: 'field',
      placement: 'bottom-end',
      heading: 'Ada',
      theme: 'dark',
      open: true,
      muted: true,
      disabled: true,
    };
    const declared = [...VoiceAgent.elementProperties.keys()].map(String);
    expect(Object.keys(given).sort(), 'the test covers every public property').toEqual(declared.sort());
    Object.assign(agent, given);
    class Late extends VoiceAgent {}
    Late.define(tag);
    await agent.updateComplete;
    for (const [name, value] of Object.entries(given)) {
      expect(Object.hasOwn(agent, name), `${name} is an accessor again`).toBe(false);
      expect(agent[name as keyof VoiceAgent], name).toBe(value);
    }
  });
});

describe('changes by visitors are not reflected', () => {
  test('open and muted are custom states; clones of the element start with its attributes', async () => {
    const agent = await page<VoiceAgent>('<voice-agent placement="bottom-end"></voice-agent>');
    agent.open = agent.muted = true;
    await agent.updateComplete;
    expect([agent.hasAttribute('open'), agent.hasAttribute('muted')]).toEqual([false, false]);
    expect([agent.matches(':state(open)'), agent.matches(':state(muted)')]).toEqual([true, true]);
    const copy = agent.cloneNode() as VoiceAgent;
    expect([copy.open, copy.muted, copy.placement]).toEqual([false, false, 'bottom-end']);
    agent.open = agent.muted = false;
    await agent.updateComplete;
    expect([agent.matches(':state(open)'), agent.matches(':state(muted)'), agent.matches(':state(idle)')]).toEqual([false, false, true]);
  });

  test('setting the open attribute again opens the panel, removing it closes the panel', async () => {
    const agent = await page<VoiceAgent>('<voice-agent placement="bottom-end" open></voice-agent>');
    expect(agent.open).toBe(true);
    agent.open = false;
    agent.setAttribute('open', '');
    expect(agent.open).toBe(true);
    agent.removeAttribute('open');
    expect(agent.open).toBe(false);
  });
});
