/** The approval request for a tool: its content, how it is decided, and its guards. */
import { html } from 'lit';
import { describe, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import type { Approval } from '../../../src/contract/index.js';
import { enApproval } from '../../../src/i18n/en-approval.js';
import { readDetails } from '../../../src/views/approval-details.js';
import { defineApprovalView, type VoiceAgentApproval } from '../../../src/views/approval.js';
import { DIRECTION, MARKUP } from '../../support/hostile-texts.js';
import { axeCheck, connected, mount, part, requests, set, strings } from './mount.js';

defineApprovalView();

const question = (id: string, change: Partial<Approval> = {}): Approval =>
  Object.freeze({
    id,
    kind: 'function',
    name: 'pay',
    arguments: '{"sum":5,"to":"Ada"}',
    expires: performance.now() + 60_000,
    ...change,
  } as const);

const show = (...approvals: Approval[]) =>
  mount<VoiceAgentApproval>(html`<voice-agent-approval .approvals=${approvals}></voice-agent-approval>`);
const text = (element: Element | null | undefined): string => (element?.textContent ?? '').replace(/\s+/g, ' ').trim();
const live = (view: VoiceAgentApproval): string => text(view.renderRoot.querySelector('[aria-live]'));
const lines = (view: VoiceAgentApproval): (readonly [string, string])[] =>
  [...view.renderRoot.querySelectorAll('dl > div')].map(
    (row) => [row.querySelector('dt')?.textContent ?? '', row.querySelector('dd')?.textContent ?? ''] as const,
  );
const button = (view: VoiceAgentApproval, name: 'allow' | 'deny') => part(view, `${name}-button`) as HTMLButtonElement;
/** Waits until the request accepts a decision. */
const opened = (view: VoiceAgentApproval) => expect.poll(() => button(view, 'allow').getAttribute('aria-disabled')).toBe('false');

describe('content', () => {
  test('shows the tool, its arguments by name, and the remaining time', async () => {
    const view = await show(question('a', { arguments: '{"sum":5,"to":"Ada","urgent":true,"lines":[{"n":1}],"note":null}' }));
    expect(text(part(view, 'approval-title'))).toBe('Let the agent use \u2068pay\u2069?');
    expect(lines(view)).toEqual([
      ['sum', '5'],
      ['to', 'Ada'],
      ['urgent', 'true'],
      ['lines', '[\n  {\n    "n": 1\n  }\n]'],
      ['note', 'null'],
    ]);
    expect(text(part(view, 'approval-time'))).toMatch(/^Denied automatically in (60|59) s\.$/);
    expect([text(button(view, 'allow')), text(button(view, 'deny'))]).toEqual(['Allow', 'Deny']);
  });

  test('shows the server of a hosted tool, missing arguments, and arguments that are not an object', async () => {
    const view = await show(question('a', { kind: 'mcp', server: 'docs', arguments: '{}' }));
    expect(text(part(view, 'approval-time'))).toMatch(/^Provided by \u2068docs\u2069\. Denied automatically/);
    expect(text(part(view, 'approval-details'))).toBe('No further details.');
    await set(view, { approvals: [question('b', { arguments: '{"broken":' })] });
    expect(lines(view)).toEqual([['', '{"broken":']]);
    await set(view, { approvals: [question('c', { arguments: '[1,2]' })] });
    expect(lines(view)).toEqual([['', '[1,2]']]);
  });

  test('shows the oldest request and how many more are pending', async () => {
    const view = await show(question('a', { name: 'first' }), question('b'), question('c'));
    expect(text(part(view, 'approval-title'))).toContain('first');
    expect(text(part(view, 'approval-time'))).toMatch(/ s\. 2 more requests pending\.$/);
  });

  test('offers more time near the end and announces it once', async () => {
    const view = await show(question('a', { expires: performance.now() + 31_500 }));
    await opened(view);
    const more = () => view.renderRoot.querySelector<HTMLButtonElement>('[part=more-time-button]');
    expect(more()).toBeNull();
    await expect.poll(more).not.toBeNull();
    expect(live(view)).toMatch(/^(30|29) seconds left to decide\. Choose More time to extend\.$/);
    const asked = requests(view, 'voice-agent-extend-request');
    more()?.click();
    expect(asked).toEqual([{ id: 'a' }]);
    expect(view.renderRoot.querySelector('h3')).toBe((view.renderRoot as ShadowRoot).activeElement);
    await set(view, { approvals: [question('a')] });
    expect(more()).toBeNull();
    expect(text(part(view, 'approval-time'))).toMatch(/^Denied automatically in (60|59) s\.$/);
  });

  test('without requests, contains only the empty live region', async () => {
    const view = await show();
    expect(view.renderRoot.querySelectorAll('[part]')).toHaveLength(0);
    expect(live(view)).toBe('');
    expect(view.getBoundingClientRect().height).toBe(0);
  });

  test('counts down the seconds', async () => {
    const view = await show(question('a', { expires: performance.now() + 9_300 }));
    const left = (): number => Number(/\d+/.exec(text(part(view, 'approval-time')))?.[0]);
    const first = left();
    await expect.poll(left, { timeout: 4_000 }).toBeLessThan(first);
  });
});

describe('no hidden content', () => {
  test('shows markup as text, in names and values', async () => {
    const view = await show(
      question('a', {
        name: MARKUP[0] ?? '',
        server: MARKUP[2] ?? '',
        arguments: JSON.stringify(Object.fromEntries(MARKUP.map((one) => [one, one]))),
      }),
    );
    expect(view.renderRoot.querySelectorAll('img, svg, script, iframe, style:not([data-lit]), a, form')).toHaveLength(0);
    expect(lines(view).map(([, value]) => value)).toEqual(MARKUP.map((one) => one));
    expect(text(part(view, 'approval-title'))).toContain('<img');
  });

  test('spells out marks that reverse text or are invisible', async () => {
    const view = await show(
      question('a', {
        name: 'ev\u202elaer',
        arguments: JSON.stringify({ amount: DIRECTION[0], 'a\u200bb': 'x', family: '👩‍👧', line: 'one\ntwo' }),
      }),
    );
    expect(text(part(view, 'approval-title'))).toBe('Let the agent use \u2068ev‹U+202E›laer\u2069?');
    expect(lines(view)).toEqual([
      ['amount', 'Amount: ‹U+202E›00.01‹U+202D› dollars'],
      ['a‹U+200B›b', 'x'],
      ['family', '👩‍👧'],
      ['line', 'one\ntwo'],
    ]);
  });

  test('truncates long content and counts the rest', () => {
    const { lines: long } = readDetails(JSON.stringify({ text: 'x'.repeat(5_000), pair: `${'y'.repeat(3_999)}😀` }));
    expect(long[0]).toMatchObject({ left: 1_000 });
    expect(long[1]).toMatchObject({ left: 2, value: 'y'.repeat(3_999) });
    const many = readDetails(JSON.stringify(Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, index]))));
    expect(many.lines).toHaveLength(40);
    expect(many.left).toBe(10);
  });

  test('shows how much is omitted', async () => {
    const view = await show(
      question('a', {
        arguments: JSON.stringify({
          text: 'x'.repeat(4_100),
          ...Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`k${index}`, index])),
        }),
      }),
    );
    expect(text(part(view, 'approval-details'))).toContain('… 100 more characters');
    expect(text(part(view, 'approval-details'))).toContain('1 more detail');
  });
});

test('indicates more content below, until scrolled to the end', async () => {
  const view = await show(question('a', { arguments: JSON.stringify({ text: 'line\n'.repeat(60) }) }));
  const details = part(view, 'approval-details');
  expect(details.classList.contains('more')).toBe(true);
  details.scrollTop = details.scrollHeight;
  await expect.poll(() => details.classList.contains('more')).toBe(false);
  await set(view, { approvals: [question('b')] });
  expect(part(view, 'approval-details').classList.contains('more')).toBe(false);
});

describe('decisions', () => {
  test('Allow and Deny work once the request has been shown for a moment', async () => {
    const view = await show(question('a'));
    const decided = requests(view, 'voice-agent-decide-request');
    button(view, 'allow').click();
    expect(decided, 'an early press is ignored').toEqual([]);
    await opened(view);
    button(view, 'allow').click();
    button(view, 'deny').click();
    expect(decided).toEqual([
      { id: 'a', approved: true },
      { id: 'a', approved: false },
    ]);
  });

  test('the second click of a double click does not decide the next request', async () => {
    const view = await show(question('a'), question('b'));
    await opened(view);
    const decided = requests(view, 'voice-agent-decide-request');
    view.addEventListener('voice-agent-decide-request', () => (view.approvals = view.approvals.slice(1)));
    await userEvent.dblClick(button(view, 'allow'));
    expect(decided).toEqual([{ id: 'a', approved: true }]);
    await opened(view);
    await userEvent.click(button(view, 'deny'));
    expect(decided).toEqual([
      { id: 'a', approved: true },
      { id: 'b', approved: false },
    ]);
  });

  test('by keyboard, the next request moves the focus from the button to its heading', async () => {
    const view = await show(question('a'), question('b', { name: 'delete_all' }));
    view.addEventListener('voice-agent-decide-request', () => (view.approvals = view.approvals.slice(1)));
    await opened(view);
    button(view, 'allow').focus();
    await userEvent.keyboard('{Enter}');
    await view.updateComplete;
    expect(view.approvals).toHaveLength(1);
    expect(view.shadowRoot?.activeElement?.getAttribute('part')).toBe('approval-title');
    await userEvent.keyboard('{Enter}');
    expect(view.approvals).toHaveLength(1);
    await userEvent.keyboard('{Tab}');
    expect(view.shadowRoot?.activeElement?.getAttribute('part')).toBe('approval-details');
    await userEvent.keyboard('{Tab}');
    expect(view.shadowRoot?.activeElement).toBe(button(view, 'allow'));
    await userEvent.keyboard('{Escape}');
    expect(view.approvals, 'Esc does not decide').toHaveLength(1);
  });

  test('a further request does not change the one shown', async () => {
    const view = await show(question('a'));
    await opened(view);
    const allow = button(view, 'allow');
    allow.focus();
    await set(view, { approvals: [...view.approvals, question('b')] });
    expect(button(view, 'allow')).toBe(allow);
    expect(view.shadowRoot?.activeElement).toBe(allow);
    expect(allow.getAttribute('aria-disabled')).toBe('false');
  });
});

describe('focus', () => {
  const whole = (approvals: readonly Approval[]) =>
    html`<voice-agent-panel .placement=${'inline'} .status=${connected()} .compact=${true} .strings=${strings}>
      <voice-agent-transcript slot="transcript" .items=${[]} .strings=${strings}></voice-agent-transcript>
      <voice-agent-approval slot="approval" .approvals=${approvals}></voice-agent-approval>
      <voice-agent-controls slot="controls" .status=${connected()} .strings=${strings}></voice-agent-controls>
      <voice-agent-composer slot="composer" .status=${connected()} .strings=${strings}></voice-agent-composer>
    </voice-agent-panel>`;

  test('does not move when a request appears or disappears', async () => {
    const panel = await mount(whole([]));
    const view = panel.querySelector('voice-agent-approval') as VoiceAgentApproval;
    const composer = panel.querySelector('voice-agent-composer') as HTMLElement;
    composer.focus();
    await userEvent.keyboard('half');
    await set(view, { approvals: [question('a')] });
    expect(document.activeElement).toBe(composer);
    await set(view, { approvals: [] });
    expect(document.activeElement).toBe(composer);
  });

  test('returns to its previous place when the last request is decided', async () => {
    const panel = await mount(whole([question('a')]));
    const view = panel.querySelector('voice-agent-approval') as VoiceAgentApproval;
    const composer = panel.querySelector('voice-agent-composer') as HTMLElement;
    await opened(view);
    composer.focus();
    button(view, 'deny').focus();
    await set(view, { approvals: [] });
    expect(document.activeElement).toBe(composer);
  });

  test('stays in the panel if there is no previous place', async () => {
    const panel = await mount(whole([question('a')]));
    const view = panel.querySelector('voice-agent-approval') as VoiceAgentApproval;
    button(view, 'deny').focus();
    await set(view, { approvals: [] });
    expect(document.activeElement).toBe(panel);
  });
});

describe('assistive technology', () => {
  test('announces a request once, after its card is rendered, and then only the next request', async () => {
    const view = await show(question('a'), question('b', { name: 'delete_all' }));
    const announced: string[] = [];
    new MutationObserver(() => announced.push(live(view))).observe(view.renderRoot.querySelector('[aria-live]') as Element, {
      childList: true,
      characterData: true,
      subtree: true,
    });
    const words = enApproval.announce('\u2068pay\u2069');
    await expect.poll(() => live(view)).toBe(words);
    await set(view, { approvals: [...view.approvals, question('c')] });
    view.requestUpdate();
    await view.updateComplete;
    expect(announced.filter((one) => one !== '')).toEqual([words]);
    await set(view, { approvals: view.approvals.slice(1) });
    await expect.poll(() => live(view)).toBe(enApproval.announce('\u2068delete_all\u2069'));
    await set(view, { approvals: [] });
    expect(live(view)).toBe('');
    expect(view.renderRoot.querySelector('[aria-live]')?.getAttribute('aria-live')).toBe('assertive');
  });

  for (const scheme of ['light', 'dark'] as const) {
    for (const dir of ['ltr', 'rtl'] as const) {
      test(`${scheme}, ${dir}: has no axe findings, large targets, and no horizontal scrolling at 320 px`, async () => {
        document.documentElement.dir = dir;
        document.documentElement.style.colorScheme = scheme;
        document.body.style.background = scheme === 'dark' ? '#000' : '#fff';
        const long = {
          address: `https://example.com/${'orders/'.repeat(40)}`,
          note: 'x'.repeat(600),
          'a name without any place to break it at all, really': 1,
        };
        const view = await show(
          question('a', { name: 'n'.repeat(120), server: 's'.repeat(120), arguments: JSON.stringify(long) }),
          question('b'),
        );
        view.style.inlineSize = '320px';
        await opened(view);
        expect(await axeCheck(view)).toEqual([]);
        for (const target of view.renderRoot.querySelectorAll<HTMLElement>('button')) {
          const { width, height } = target.getBoundingClientRect();
          expect(Math.min(width, height)).toBeGreaterThanOrEqual(44);
        }
        for (const box of view.renderRoot.querySelectorAll<HTMLElement>('[part], p, dd, dt')) {
          expect(box.scrollWidth, box.outerHTML.slice(0, 80)).toBeLessThanOrEqual(box.clientWidth + 1);
        }
        expect(view.scrollWidth).toBeLessThanOrEqual(320);
      });
    }
  }
});

test('a removed view leaves no timer behind', async () => {
  const view = await show(question('a'));
  const root = view.parentElement as HTMLElement;
  view.remove();
  root.append(view);
  await set(view, { approvals: [question('b')] });
  await opened(view);
});
