/** Where the visible elements of the widget are. */

/** The box of one element, in pixels. */
export interface Box {
  readonly name: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** Width by which the content overflows the element. */
  readonly hidden: number;
}

/** Runs in the page, in any browser: every visible element of the widget. Must be self-contained. */
export function visibleBoxes(agent: Element): Box[] {
  const found: Box[] = [];
  const visit = (root: ParentNode): void => {
    for (const element of root.querySelectorAll<HTMLElement>('*')) {
      if (element.shadowRoot) visit(element.shadowRoot);
      if (
        !element.matches('[part], p, h2') ||
        element.matches('.unseen, .unseen *, svg *, [part=visualizer]') ||
        !element.checkVisibility()
      )
        continue;
      const { left, right, top, bottom, width } = element.getBoundingClientRect();
      if (width === 0) continue;
      const name = element.getAttribute('part') ?? element.localName;
      found.push({ name, left, right, top, bottom, hidden: element.scrollWidth - element.clientWidth });
    }
  };
  if (agent.shadowRoot) visit(agent.shadowRoot);
  return found;
}
