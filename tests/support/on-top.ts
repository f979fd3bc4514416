/** Where a part of the widget is, and whether it can be clicked. */
import type { Locator } from '@playwright/test';

/** The observed state of one part. */
export interface Seen {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** True if the part's centre is not covered and receives clicks. */
  readonly pressable: boolean;
}

/**
 * Runs in the page, in any browser: inspects the first visible element of the widget with this part; if there is none, it cannot be
 * clicked. Must be self-contained.
 */
export function inspectPart(agent: Element, part: string): Seen {
  const find = (root: ParentNode): Element | undefined => {
    for (const element of root.querySelectorAll('*')) {
      const found = element.shadowRoot && find(element.shadowRoot);
      if (found) return found;
      if (element.part.contains(part) && element.checkVisibility({ visibilityProperty: true })) return element;
    }
    return undefined;
  };
  const element = agent.shadowRoot && find(agent.shadowRoot);
  if (!element) return { left: 0, right: 0, top: 0, bottom: 0, pressable: false };
  const { left, right, top, bottom } = element.getBoundingClientRect();
  const root = agent.getRootNode() as Document | ShadowRoot;
  return { left, right, top, bottom, pressable: root.elementFromPoint((left + right) / 2, (top + bottom) / 2) === agent };
}

/** Inspects a part of this widget. */
export const seen = (host: Locator, part: string): Promise<Seen> => host.evaluate(inspectPart, part);
