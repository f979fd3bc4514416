/**
 * A browser's page translator replaces text nodes with its own `<font>` elements. All texts that change afterwards must
 * still be updated in the page.
 */
import { html, render } from 'lit';
import type { LitElement, TemplateResult } from 'lit';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Approval, CallStatus } from '../../../src/contract/index.js';
import { enCaptions } from '../../../src/i18n/en-captions.js';
import { defineApprovalView } from '../../../src/views/approval.js';
import { VoiceAgentCaptions } from '../../../src/views/captions.js';
import { defineView } from '../../../src/views/define-view.js';
import type { VoiceAgentTranscript } from '../../../src/views/transcript.js';
import { everyStatus, mount, strings, turn } from './mount.js';

defineApprovalView();
defineView('voice-agent-captions', VoiceAgentCaptions);

const MARK = '→';

/** Replaces all text nodes below a root, including open shadow roots, like Google Translate and Edge do. */
function translate(root: Node): void {
  for (const child of [...root.childNodes]) {
    if (child instanceof Text && child.data.trim() !== '') {
      const outer = document.createElement('font');
      const inner = document.createElement('font');
      inner.textContent = MARK + child.data;
      outer.append(inner);
      child.replaceWith(outer);
    } else if (child instanceof HTMLElement && child.localName !== 'style' && child.translate) {
      if (child.shadowRoot) translate(child.shadowRoot);
      translate(child);
    }
  }
}

/** The text of a tree, including shadow roots, in document order. The translator's mark is removed: unchanged text may stay translated. */
function textOf(node: Node): string {
  if (node instanceof Text) return node.data;
  const inside = node instanceof Element && node.shadowRoot ? [node.shadowRoot, ...node.childNodes] : [...node.childNodes];
  return inside.map(textOf).join(' ').replaceAll(MARK, '').replace(/\s+/g, ' ').trim();
}

async function settled(root: Element): Promise<void> {
  for (const view of root.querySelectorAll<LitElement>('*')) {
    if (!('updateComplete' in view)) continue;
    await view.updateComplete;
    for (const inner of view.renderRoot.querySelectorAll<LitElement>('*')) if ('updateComplete' in inner) await inner.updateComplete;
  }
}

const question = (id: string, name: string): Approval =>
  Object.freeze({ id, kind: 'function', name, server: id, arguments: `{"id":"${id}"}`, expires: performance.now() + 60_000 });

const APPROVALS: readonly (readonly Approval[])[] = [[], [question('a', 'pay')], [question('b', 'refund'), question('c', 'wait')]];

/** All views in one status. */
const everything = (status: CallStatus, variant: number): TemplateResult => html`
  <voice-agent-launcher .placement=${'bottom-end'} .status=${status} .heading=${`Name ${variant}`}></voice-agent-launcher>
  <voice-agent-launcher .placement=${'inline'} .status=${status} .heading=${`Name ${variant}`}></voice-agent-launcher>
  <voice-agent-panel .placement=${'bottom-end'} .heading=${`Name ${variant}`} .status=${status} .strings=${strings}>
    <voice-agent-notice slot="notice" .status=${status} .strings=${strings}></voice-agent-notice>
    <voice-agent-approval slot="approval" .approvals=${APPROVALS[variant % APPROVALS.length] ?? []}></voice-agent-approval>
    <voice-agent-controls slot="controls" .status=${status} .strings=${strings}></voice-agent-controls>
    <voice-agent-composer slot="composer" .status=${status} .strings=${strings} .disabled=${variant % 2 === 1}></voice-agent-composer>
    <voice-agent-captions slot="transcript" .status=${status} .strings=${enCaptions} .toolbarStatus=${(['', 'copied', 'cleared'] as const)[variant % 3] ?? ''}></voice-agent-captions>
  </voice-agent-panel>
`;

/** The text of a fresh render in this status, for comparison. */
async function rendered(status: CallStatus, variant: number): Promise<string> {
  await mount(everything(status, variant));
  const root = document.querySelector('main:last-of-type') as Element;
  await settled(root);
  const text = textOf(root);
  root.remove();
  return text;
}

const timeless = (text: string): string => text.replace(/\d+ s\b|\d+:\d\d/g, '#').replace(/\d+ seconds?/g, '#');

describe('after the page was translated', () => {
  const now = performance.now();
  const statuses = Object.entries(everyStatus());

  test.each(statuses.map(([name], index) => [statuses.at(index - 1)![0], name] as const))(
    'all texts are replaced from "%s" to "%s"',
    async (before, after) => {
      // No clock ticks between the two reads.
      vi.spyOn(performance, 'now').mockReturnValue(now);
      onTestFinished(() => void vi.restoreAllMocks());
      const [from, to] = [before, after].map((name) => statuses.findIndex(([one]) => one === name)) as [number, number];
      const root = document.createElement('main');
      document.body.append(root);
      render(everything(statuses[from]![1], from), root);
      await settled(root);
      translate(root);
      render(everything(statuses[to]![1], to), root);
      await settled(root);
      const expected = timeless(await rendered(statuses[to]![1], to));
      // The end of a call is announced once the focus has moved.
      await expect.poll(() => timeless(textOf(root))).toBe(expected);
    },
  );

  test('the clock continues to count', async () => {
    const clock = await mount<LitElement & { since: number }>(
      html`<voice-agent-clock .since=${performance.now() - 3_000}></voice-agent-clock>`,
    );
    translate(document.querySelector('main') as Element);
    clock.since = performance.now() - 65_000;
    await clock.updateComplete;
    expect(textOf(clock)).toBe('1:05');
  });

  test('the buttons of the transcript are updated', async () => {
    const many = Array.from({ length: 60 }, (_, index) => turn(`t${index}`, `Turn ${index}`));
    const view = await mount<VoiceAgentTranscript>(
      html`<voice-agent-transcript .items=${many} .strings=${strings}></voice-agent-transcript>`,
    );
    view.style.blockSize = '200px';
    // Wait until the view has followed its new size, which keeps it at its end.
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const latest = view.renderRoot.querySelector<HTMLElement>("[part='latest-button']") as HTMLElement;
    view.renderRoot.querySelector('.scroller')?.scrollTo({ top: 0 });
    await expect.poll(() => latest.hidden).toBe(false);
    const before = latest.textContent.trim();
    translate(document.querySelector('main') as Element);
    view.items = [...many, turn('new', 'One more')];
    await view.updateComplete;
    expect(latest.textContent.trim()).toBe(strings.newMessages);
    expect(strings.newMessages).not.toBe(before);
  });

  test('the arguments of a tool are never translated', async () => {
    const view = await mount<LitElement>(html`<voice-agent-approval .approvals=${APPROVALS[1]}></voice-agent-approval>`);
    translate(document.querySelector('main') as Element);
    expect(view.renderRoot.querySelector('dd')?.textContent).toBe('a');
  });
});
