/** Runs axe on a part of the page, including shadow roots. */
import axe from 'axe-core';

/** Returns the findings as short lines; expected to be empty. */
export async function axeCheck(root: Element): Promise<string[]> {
  const { violations, passes } = await axe.run(root, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    // The page around the widget is not under test.
    rules: { region: { enabled: false }, 'page-has-heading-one': { enabled: false } },
  });
  // Transparent or off-screen content would pass for the wrong reason.
  if (![...passes, ...violations].some(({ id }) => id === 'color-contrast')) return ['nothing was visible to axe'];
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`));
}
