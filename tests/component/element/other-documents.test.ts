/** The element in another document, and moved within one: styles, events and state are preserved. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { VoiceAgent } from '../../../src/element/voice-agent.js';

VoiceAgent.define();

let frame: HTMLIFrameElement;
let agent: VoiceAgent;

beforeEach(async () => {
  frame = document.createElement('iframe');
  frame.srcdoc = '<body></body>';
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
  document.body.append(frame);
  await loaded;
  agent = document.createElement('voice-agent');
  agent.placement = 'bottom-end';
  document.body.append(agent);
  await agent.updateComplete;
});
afterEach(() => {
  frame.remove();
  agent.remove();
});

const other = (): Document => frame.contentDocument as Document;
const panelOf = async (): Promise<Element> => {
  await expect.poll(() => agent.shadowRoot?.querySelector('voice-agent-panel')?.shadowRoot?.querySelector('[part=panel]')).toBeTruthy();
  return agent.shadowRoot?.querySelector('voice-agent-panel')?.shadowRoot?.querySelector('[part=panel]') as Element;
};
const display = (element: Element): string => (element.ownerDocument.defaultView as Window).getComputedStyle(element).display;
/** All elements of the widget, through all shadow trees. */
function allViews(root: ParentNode): Element[] {
  return [...root.querySelectorAll('*')].flatMap((element) => (element.shadowRoot ? [element, ...allViews(element.shadowRoot)] : []));
}
const unstyled = (): string[] =>
  allViews(agent.shadowRoot as ShadowRoot)
    .filter(({ shadowRoot }) => shadowRoot?.adoptedStyleSheets.length === 0)
    .map(({ localName }) => localName);

test('an open panel keeps its styles when moved to another document and back', async () => {
  agent.open = true;
  expect(display(await panelOf())).toBe('grid');
  other().body.append(agent);
  expect(display(await panelOf())).toBe('grid');
  expect(unstyled()).toEqual([]);
  document.body.append(agent);
  expect(display(await panelOf())).toBe('grid');
  expect(unstyled()).toEqual([]);
});

test('a panel that opens in another document has its styles, and its buttons work', async () => {
  other().body.append(agent);
  agent.open = true;
  expect(display(await panelOf())).toBe('grid');
  expect(unstyled()).toEqual([]);
  agent.shadowRoot?.querySelector('voice-agent-panel')?.shadowRoot?.querySelector<HTMLElement>('[part~=close-button]')?.click();
  expect(agent.open).toBe(false);
});

test('works when created in another document’s tree', async () => {
  const second = document.createElement('voice-agent');
  other().body.append(second);
  await second.updateComplete;
  expect(second.shadowRoot?.adoptedStyleSheets.length).toBeGreaterThan(0);
  expect(second.shadowRoot?.querySelector('voice-agent-launcher')?.shadowRoot?.adoptedStyleSheets.length).toBeGreaterThan(0);
});

test('survives a move to a document without a window and back', async () => {
  agent.open = true;
  await panelOf();
  const inert = document.implementation.createHTMLDocument();
  inert.body.append(agent);
  document.body.append(agent);
  expect(display(await panelOf())).toBe('grid');
  expect(unstyled()).toEqual([]);
});

test('moveBefore() keeps the element connected, with focus and text', async () => {
  agent.open = true;
  await panelOf();
  const field = agent.shadowRoot?.querySelector('voice-agent-composer')?.shadowRoot?.querySelector('textarea') as HTMLTextAreaElement;
  field.focus();
  field.value = 'Half a sentence';
  let disconnected = 0;
  const views = [agent, ...allViews(agent.shadowRoot as ShadowRoot)] as (Element & { addController?(controller: object): void })[];
  for (const view of views) view.addController?.({ hostDisconnected: () => (disconnected += 1) });
  const section = document.createElement('section');
  document.body.append(section);
  (section as unknown as { moveBefore(node: Node, child: Node | null): void }).moveBefore(agent, null);
  expect(agent.parentElement).toBe(section);
  expect(disconnected).toBe(0);
  expect(agent.shadowRoot?.activeElement?.shadowRoot?.activeElement).toBe(field);
  expect(field.value).toBe('Half a sentence');
  document.body.append(agent);
  section.remove();
});
