/**
 * Converts light Markdown in an answer to DOM: bold, emphasis, code, lists, headings, links. Tables are kept as aligned text. Owns which
 * URLs become links and what is shown next to them. Creates only elements and text nodes: no HTML is parsed, no image shown, nothing loaded.
 */

/** Maximum length of a text to format; longer texts are shown unformatted. */
const LONGEST = 20_000;
/** Text that may contain Markdown or a link; anything else is not parsed. */
const FORMATTED = /[*_`]|^ {0,3}(?:#{1,6}|[-+]|\d{1,9}[.)]) |^\||\]\(|https:\/\//m;
const FENCE = /^ {0,3}```/;
const HEADING = /^ {0,3}#{1,6} +(.*?)[ #]*$/;
/** A line with only markers is a thematic break, not a list. */
const LIST_ITEM = /^(?!(?: *[-*]){2,} *$) *(?:([-*+])|(\d{1,9})[.)]) +(.*)$/;
const TABLE_ROW = /^ *\|.*\| *$/;

/** One of: escaped character, code, image or link, bold, emphasis, bare URL. All parts are bounded, so that no text takes long. */
const INLINE = new RegExp(
  [
    String.raw`\\(?<escaped>[\\${'`'}*_{}[\]()#+.!|>-])`,
    String.raw`${'`'}(?<code>[^${'`'}\n]{1,500})${'`'}`,
    String.raw`(?<image>!?)\[(?<label>[^\]\n]{1,300})\]\(<?(?<href>[^\s()<>]{1,2000})>?(?: +"[^"\n]{0,300}")?\)`,
    String.raw`\*\*(?=\S)(?<bold>[^\n]{1,1000}?)(?<=\S)\*\*`,
    String.raw`(?<![\w*])\*(?=[^\s*])(?<em>[^*\n]{1,500})(?<=\S)\*(?![\w*])`,
    String.raw`(?<![\w_])_(?=[^\s_])(?<em2>[^_\n]{1,500})(?<=\S)_(?![\w_])`,
    String.raw`(?<=^|\s|^\(|\s\()(?<address>https:\/\/[^\s<>"'${'`'}*]{1,2000})`,
  ].join('|'),
  'g',
);

const PROTOCOLS = new Set(['https:', 'tel:', 'mailto:']);

/** Returns the nodes for a text; `undefined` if there is nothing to format. */
export function richText(text: string): Node[] | undefined {
  if (text.length > LONGEST || !FORMATTED.test(text)) return undefined;
  const nodes = blocks(text.split('\n'));
  return nodes.every((node) => node.nodeType === Node.TEXT_NODE) ? undefined : nodes;
}

/** Groups lines into blocks. */
function blocks(lines: readonly string[]): Node[] {
  const nodes: Node[] = [];
  let plain: string[] = [];
  const flush = (): void => {
    const words = plain.join('\n').replace(/^\n+|\n+$/g, '');
    if (words) nodes.push(...inline(nodes.length > 0 ? `\n${words}` : words));
    plain = [];
  };
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? '';
    const heading = HEADING.exec(line);
    if (FENCE.test(line)) {
      const end = lines.findIndex((one, index) => index > at && FENCE.test(one));
      const stop = end < 0 ? lines.length : end;
      flush();
      nodes.push(make('pre', make('code', lines.slice(at + 1, stop).join('\n'))));
      at = stop + 1;
    } else if (LIST_ITEM.test(line)) {
      const items = run(lines, at, LIST_ITEM);
      flush();
      nodes.push(list(items));
      at += items.length;
    } else if (TABLE_ROW.test(line) && run(lines, at, TABLE_ROW).length > 1) {
      const rows = run(lines, at, TABLE_ROW);
      flush();
      nodes.push(make('pre', rows.join('\n')));
      at += rows.length;
    } else {
      if (heading) {
        flush();
        nodes.push(make('strong', ...inline(heading[1] ?? ''), '\n'));
      } else plain.push(line);
      at += 1;
    }
  }
  flush();
  return nodes;
}

const run = (lines: readonly string[], from: number, kind: RegExp): string[] => {
  const end = lines.findIndex((line, index) => index > from && !kind.test(line));
  return lines.slice(from, end < 0 ? lines.length : end);
};

function list(lines: readonly string[]): HTMLElement {
  const parsed = lines.map((line) => LIST_ITEM.exec(line));
  const number = parsed[0]?.[2];
  const element = make(number === undefined ? 'ul' : 'ol', ...parsed.map((item) => make('li', ...inline(item?.[3] ?? ''))));
  if (number !== undefined) (element as HTMLOListElement).start = Number(number);
  return element;
}

function inline(text: string): Node[] {
  const nodes: Node[] = [];
  let done = 0;
  for (const { 0: match, index, groups = {} } of text.matchAll(INLINE)) {
    const { escaped, code, label, bold, em = groups['em2'], address } = groups;
    nodes.push(new Text(text.slice(done, index)));
    done = index + match.length;
    if (escaped !== undefined) nodes.push(new Text(escaped));
    else if (code !== undefined) nodes.push(make('code', code));
    else if (label !== undefined) nodes.push(...(groups['image'] ? inline(label) : link(groups['href'] ?? '', label)));
    else if (bold !== undefined) nodes.push(make('strong', ...inline(bold)));
    else if (em !== undefined) nodes.push(make('em', ...inline(em)));
    else if (address !== undefined) {
      // The punctuation of the sentence is not part of the URL.
      const href = address.replace(/[.,;:!?)\]}]+$/, '');
      nodes.push(...link(href, href), new Text(address.slice(href.length)));
    }
  }
  nodes.push(new Text(text.slice(done)));
  return nodes.filter((node) => node.textContent !== '');
}

/** A link, followed by its destination unless the label already shows it. An unsafe URL remains text. */
function link(href: string, label: string): Node[] {
  const url = URL.canParse(href) ? new URL(href) : undefined;
  if (!url || !PROTOCOLS.has(url.protocol) || url.username || url.password)
    return [new Text(label === href ? label : `${label} (${href})`)];
  const place = url.protocol === 'https:' ? url.host : decodeURIComponent(url.pathname);
  const anchor = make('a', label) as HTMLAnchorElement;
  anchor.href = url.href;
  anchor.target = '_blank';
  anchor.rel = 'noopener noreferrer nofollow';
  if (label === place || `${label}/`.startsWith(`https://${place}/`)) return [anchor];
  return [anchor, new Text(' '), make('bdi', `(${place})`)];
}

function make(name: string, ...content: (Node | string)[]): HTMLElement {
  const element = document.createElement(name);
  element.append(...content);
  return element;
}
