/** Determines from the page's layout whether a visitor can see and press a control. Stateless. */

/**
 * - `reachable`: it can be pressed, if need be after scrolling.
 * - `covered`: something covers it, or a modal dialog makes it inert.
 * - `hidden`: it is not rendered, transparent, clipped, or outside of the scrollable area.
 */
export type Visibility = 'reachable' | 'covered' | 'hidden';

/** The parent in the flat tree: through slots and shadow roots. */
const parentOf = (node: Element): Element | null =>
  node.assignedSlot ?? node.parentElement ?? (node.getRootNode() as Partial<ShadowRoot>).host ?? null;

/** See `Visibility`. */
export function visibilityOf(control: Element): Visibility {
  if (!control.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return 'hidden';
  const page = control.ownerDocument;
  const box = control.getBoundingClientRect();
  let x = box.x + box.width / 2;
  let y = box.y + box.height / 2;
  if (box.width * box.height === 0) return 'hidden';
  const hit = (control.getRootNode() as Document | ShadowRoot).elementFromPoint(x, y);
  if (control.contains(hit)) return 'reachable';

  let away = false;
  let fixed = false;
  for (let node = parentOf(control); node && node !== page.body && node !== page.documentElement && !fixed; node = parentOf(node)) {
    const { overflowX, overflowY, position } = getComputedStyle(node);
    const { left, right, top, bottom } = node.getBoundingClientRect();
    const cutX = overflowX !== 'visible' && (x < left || x > right);
    const cutY = overflowY !== 'visible' && (y < top || y > bottom);
    if (
      (cutX && !scrolls(overflowX, node.scrollWidth - node.clientWidth)) ||
      (cutY && !scrolls(overflowY, node.scrollHeight - node.clientHeight))
    )
      return 'hidden';
    if (cutX) x = (left + right) / 2;
    if (cutY) y = (top + bottom) / 2;
    away ||= cutX || cutY;
    fixed = position === 'fixed';
  }
  const { clientWidth, clientHeight, scrollWidth, scrollHeight, scrollLeft, scrollTop } = page.scrollingElement ?? page.documentElement;
  if (x >= 0 && x <= clientWidth && y >= 0 && y <= clientHeight) return away ? 'reachable' : 'covered';
  const start = scrollLeft < 0 || getComputedStyle(page.documentElement).direction === 'rtl' ? clientWidth - scrollWidth : 0;
  const [pageX, pageY] = [x + scrollLeft - start, y + scrollTop];
  return !fixed && pageX >= 0 && pageX <= scrollWidth && pageY >= 0 && pageY <= scrollHeight ? 'reachable' : 'hidden';
}

const scrolls = (overflow: string, hidden: number): boolean => /auto|scroll/.test(overflow) && hidden > 0;

/** The modal dialog that makes the rest of the page inert, if one is open. */
export function openModal(page: Document): Element | undefined {
  const { clientWidth, clientHeight } = page.documentElement;
  let node: Element | null = null;
  for (let tree: Document | ShadowRoot | null = page; tree;) {
    const hit: Element | null = tree.elementFromPoint(clientWidth / 2, clientHeight / 2);
    tree = hit && hit !== node ? hit.shadowRoot : null;
    node = hit ?? node;
  }
  for (; node; node = parentOf(node)) if (node.matches('dialog:modal')) return node;
  return [...page.querySelectorAll('dialog:modal')].at(-1);
}
