/** Answers with light Markdown: what is formatted, what stays text, which URLs become links. */
import { html } from 'lit';
import { describe, expect, test } from 'vitest';
import { richText } from '../../../src/views/rich-text.js';
import type { VoiceAgentTranscript } from '../../../src/views/transcript.js';
import { axeCheck, mount, set, turn } from './mount.js';

/** Serializes the nodes, for comparison in tests. */
function markup(text: string): string {
  const root = document.createElement('div');
  root.append(...(richText(text) ?? [text]));
  const read = (node: Node): string => {
    if (!(node instanceof HTMLElement)) return node.textContent ?? '';
    const name = node.localName;
    return `<${name}>${[...node.childNodes].map(read).join('')}</${name}>`;
  };
  return [...root.childNodes].map(read).join('');
}
const links = (text: string): (readonly [string, string])[] =>
  (richText(text) ?? []).flatMap((node) =>
    node instanceof HTMLAnchorElement ? [[node.textContent, node.getAttribute('href') ?? ''] as const] : [],
  );

describe('formatting', () => {
  test.each([
    ['It is **very** *late*.', 'It is <strong>very</strong> <em>late</em>.'],
    ['Call `agent.connect()` _now_.', 'Call <code>agent.connect()</code> <em>now</em>.'],
    ['# Hours\nNine to five.', '<strong>Hours\n</strong>\nNine to five.'],
    ['We have:\n- tea\n- **coffee**\n\nWhich?', 'We have:<ul><li>tea</li><li><strong>coffee</strong></li></ul>\nWhich?'],
    ['3. third\n4. fourth', '<ol><li>third</li><li>fourth</li></ol>'],
    ['```js\nconst a = 1 * 2;\n```', '<pre><code>const a = 1 * 2;</code></pre>'],
    ['| a | b |\n|---|---|\n| 1 | 2 |', '<pre>| a | b |\n|---|---|\n| 1 | 2 |</pre>'],
    ['A picture: ![a **cat**](https://x.example/cat.png)', 'A picture: a <strong>cat</strong>'],
    [String.raw`**2 \* 3** is 6`, '<strong>2 * 3</strong> is 6'],
  ])('%s', (text, expected) => {
    expect(markup(text)).toBe(expected);
  });

  test('an ordered list keeps its first number', () => {
    const [list] = richText('3. third\n4. fourth') ?? [];
    expect((list as HTMLOListElement).start).toBe(3);
  });
});

test.each([
  'Nine to five.',
  'snake_case_name and 2 * 3 * 4',
  '<b>bold</b> <img src=x onerror=alert(1)>',
  '5 - 3',
  '* * *',
  '**',
  'a'.repeat(30_000) + '**b**',
])('does not format: %s', (text) => {
  expect(markup(text)).toBe(text);
});

describe('links', () => {
  test('supports https, tel and mailto, and shows the destination next to a different label', () => {
    expect(markup('See [the shop](https://shop.example/tea?x=1).')).toBe('See <a>the shop</a> <bdi>(shop.example)</bdi>.');
    expect(markup('[Call us](tel:+4930123) or [write](mailto:ada@shop.example)')).toBe(
      '<a>Call us</a> <bdi>(+4930123)</bdi> or <a>write</a> <bdi>(ada@shop.example)</bdi>',
    );
    expect(links('[the shop](https://shop.example/tea?x=1)')).toEqual([['the shop', 'https://shop.example/tea?x=1']]);
  });

  test('links a bare URL, without the punctuation of the sentence', () => {
    expect(markup('Go to https://shop.example/tea.')).toBe('Go to <a>https://shop.example/tea</a>.');
    expect(links('(https://shop.example)')).toEqual([['https://shop.example', 'https://shop.example/']]);
  });

  test('opens links in a new tab without opener or referrer', () => {
    const [anchor] = richText('https://shop.example') ?? [];
    expect(anchor).toMatchObject({ target: '_blank', rel: 'noopener noreferrer nofollow' });
  });

  test.each([
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert)',
    '[x](data:text/html,hi)',
    '[x](http://shop.example)',
    '[x](//shop.example)',
    '[x](/account)',
    '[bank](https://bank.example@evil.example/)',
    'https://bank.example@evil.example/',
    '[x](vbscript:x)',
    '[x](blob:https://shop.example/1)',
  ])('does not link: %s', (text) => {
    expect(markup(text)).not.toContain('<a>');
    expect(markup(text)).toContain(/\((.*)\)/.exec(text)?.[1]?.slice(0, 8) ?? 'bank.example@evil');
  });

  test('shows the real destination of misleading labels and lookalike letters', () => {
    expect(markup('[https://bank.example](https://evil.example)')).toBe('<a>https://bank.example</a> <bdi>(evil.example)</bdi>');
    expect(markup('https://b\u0430nk.example/')).toMatch(/<bdi>\(xn--/);
    expect(markup('[https://bank.example.evil.example](https://bank.example.evil.example)')).toBe(
      '<a>https://bank.example.evil.example</a>',
    );
    expect(markup('[https://bank.example](https://bank.example.evil.example)')).toContain('(bank.example.evil.example)');
  });
});

/** Quadratic parsing would exceed the test's time limit. */
test.each([
  '**a'.repeat(6_000),
  '[a]('.repeat(4_000),
  '`'.repeat(19_000),
  '_a '.repeat(6_000),
  '*a'.repeat(9_000),
  '| a |\n'.repeat(3_000),
  '- \n'.repeat(6_000),
])('a hostile text keeps its letters (%#)', (text) => {
  expect(markup(text).match(/a/g)?.length ?? 0).toBeGreaterThanOrEqual(text.match(/a/g)?.length ?? 0);
});

describe('in the transcript', () => {
  const show = (...items: ReturnType<typeof turn>[]) =>
    mount<VoiceAgentTranscript>(
      html`<voice-agent-transcript style="block-size: 400px; inline-size: 320px" .items=${items}></voice-agent-transcript>`,
    );

  test('formats finished answers, but not streaming or typed text', async () => {
    const view = await show(
      turn('a', 'It is **late**.'),
      turn('b', '**Really**?', { role: 'user' }),
      turn('c', 'Yes, **ve', { status: 'streaming' }),
    );
    expect([...view.renderRoot.querySelectorAll('strong')].map(({ textContent }) => textContent)).toEqual(['late']);
    expect(view.renderRoot.textContent).toContain('**Really**?');
    await set(view, { items: [turn('a', 'It is *early*.')] });
    expect(view.renderRoot.querySelector('strong')).toBeNull();
    expect(view.renderRoot.querySelector('em')?.textContent).toBe('early');
  });

  test('has no accessibility findings and no content that overflows the transcript', async () => {
    const wide = '| a long cell of a table | another long cell of a table | one more |\n|---|---|---|';
    const view = await show(
      turn(
        'a',
        `See [the shop](https://shop.example).\n- one\n- two\n\n${wide}\n\`\`\`\nconst answer = 'a line of code that is longer than the panel is wide';\n\`\`\``,
      ),
    );
    expect(await axeCheck(view)).toEqual([]);
    const scroller = view.renderRoot.querySelector('.scroller') as HTMLElement;
    expect(scroller.scrollWidth).toBeLessThanOrEqual(scroller.clientWidth);
  });
});
