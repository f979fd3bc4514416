/** Accessibility rules on a part of the page, shadow roots included. */
import axe from 'axe-core';

/** Findings as short lines; none is the goal. */
export async function axeCheck(root: Element): Promise<string[]> {
  const { violations, passes } = await axe.run(root, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    // The page around the widget is the test's.
    rules: { region: { enabled: false }, 'page-has-heading-one': { enabled: false } },
  });
  // Something transparent or off the screen would pass for the wrong reason.
  if (![...passes, ...violations].some(({ id }) => id === 'color-contrast')) return ['nothing was visible to axe'];
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`));
}
