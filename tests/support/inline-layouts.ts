/** Sixteen places in a page for an inline widget, most of which derive their width from their content, and what is measured in each. */
import type { PageOptions } from './site.js';

/** One place. */
export interface InlineLayout {
  readonly name: string;
  readonly style: string;
  /** Elements that the page puts around the tag, outermost first. */
  readonly around?: readonly string[];
  /** The method that shows the outermost element. */
  readonly show?: 'showModal' | 'showPopover';
}

export const INLINE_LAYOUTS: readonly InlineLayout[] = [
  { name: 'block', style: '' },
  { name: 'item of a flex row beside long text', style: 'main { display: flex; }' },
  { name: 'flex column with align-items: center', style: 'main { display: flex; flex-direction: column; align-items: center; }' },
  { name: 'inline-flex box', style: '.around { display: inline-flex; }', around: ['div'] },
  { name: 'auto column of a grid', style: 'main { display: grid; grid-template-columns: auto 1fr; }' },
  { name: 'grid with place-items: center', style: 'main { display: grid; place-items: center; }' },
  { name: 'modal dialog', style: '', around: ['dialog'], show: 'showModal' },
  { name: 'popover', style: '', around: ['div'], show: 'showPopover' },
  { name: 'float', style: 'voice-agent { float: inline-end; }' },
  { name: 'absolute', style: 'main { position: relative; } voice-agent { position: absolute; inset: 0 0 auto auto; }' },
  { name: 'inline-block', style: 'voice-agent { display: inline-block; }' },
  { name: 'fit-content', style: 'voice-agent { inline-size: fit-content; }' },
  { name: 'table cell', style: '', around: ['table', 'tr', 'td'] },
  {
    name: 'flex item with max-width only',
    style: 'main { display: flex; justify-content: center; } voice-agent { max-inline-size: 30rem; }',
  },
  { name: 'the tag itself is a flex container', style: 'voice-agent { display: inline-flex; }' },
  { name: 'vertical writing', style: 'main { writing-mode: vertical-rl; block-size: fit-content; }' },
];

/** The page of a layout. */
export function layoutPage({ style, around = [], show }: InlineLayout): PageOptions {
  return {
    style: `body { margin: 0; } p { inline-size: 30rem; } ${style}`,
    attributes: { placement: 'inline' },
    script: `
      let inner = document.querySelector('voice-agent');
      for (const name of ${JSON.stringify([...around].reverse())}) {
        const outer = document.createElement(name);
        inner.replaceWith(outer);
        outer.append(inner);
        inner = outer;
      }
      inner.classList.add('around');
      if (${JSON.stringify(show)} === 'showPopover') inner.popover = 'manual';
      if (${JSON.stringify(show)}) inner[${JSON.stringify(show)}]();`,
  };
}

/** Measurements of an inline widget before and after its panel opens. */
export interface Measured {
  /** Widths in pixels. */
  readonly card: number;
  readonly panel: number;
  /** Names of the buttons and fields that are not covered, and of those that are. */
  readonly reached: readonly string[];
  readonly covered: readonly string[];
}

/** Runs in the page, in any browser: opens the panel and measures. Must be self-contained. */
export async function measureInline(): Promise<Measured> {
  await customElements.whenDefined('voice-agent');
  const agent = document.querySelector('voice-agent') as HTMLElementTagNameMap['voice-agent'];
  const view = (name: string): HTMLElement | null | undefined => agent.shadowRoot?.querySelector(`voice-agent-${name}`);
  const frame = (): Promise<unknown> => new Promise((done) => requestAnimationFrame(done));
  while (!view('launcher')?.shadowRoot?.querySelector('button')) await frame();
  const card = view('launcher')?.getBoundingClientRect().width ?? 0;
  agent.open = true;
  while (!view('composer')?.shadowRoot?.querySelector('textarea')) await frame();
  await frame();
  const reached: string[] = [];
  const covered: string[] = [];
  for (const name of ['notice', 'controls', 'composer']) {
    for (const target of view(name)?.shadowRoot?.querySelectorAll('button, textarea') ?? []) {
      target.scrollIntoView({ block: 'nearest', inline: 'nearest' });
      const { x, y, width, height } = target.getBoundingClientRect();
      const hit = document.elementFromPoint(x + width / 2, y + height / 2) === agent && width >= 44 && height >= 44;
      (hit ? reached : covered).push(target.getAttribute('part') ?? '');
    }
  }
  return { card, panel: view('panel')?.getBoundingClientRect().width ?? 0, reached, covered };
}
