/** The embedding section: tabs that follow the ARIA pattern (arrow keys move and select), and a Copy button on each snippet. */

/**
 * Enables the tabs and snippets inside `section`.
 *
 * @param announce announces a short message to assistive technology
 */
export function enableSnippets(section: HTMLElement, announce: (words: string) => void): void {
  enableTabs([...section.querySelectorAll<HTMLElement>('[role=tab]')]);
  for (const pre of section.querySelectorAll('pre')) addCopy(pre, announce);
}

function enableTabs(tabs: readonly HTMLElement[]): void {
  const select = (chosen: HTMLElement): void => {
    for (const tab of tabs) {
      const selected = tab === chosen;
      tab.setAttribute('aria-selected', String(selected));
      tab.tabIndex = selected ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute('aria-controls') ?? '');
      if (panel) panel.hidden = !selected;
    }
  };
  tabs.forEach((tab, index) => {
    tab.addEventListener('click', () => select(tab));
    tab.addEventListener('keydown', (event) => {
      const rtl = getComputedStyle(tab).direction === 'rtl';
      const steps: Record<string, number> = {
        ArrowRight: rtl ? index - 1 : index + 1,
        ArrowLeft: rtl ? index + 1 : index - 1,
        Home: 0,
        End: tabs.length - 1,
      };
      const next = steps[event.key];
      if (next === undefined) return;
      event.preventDefault();
      const target = tabs[(next + tabs.length) % tabs.length];
      if (!target) return;
      select(target);
      target.focus();
    });
  });
}

/** Adds the button next to the sentence before the snippet. */
function addCopy(pre: HTMLPreElement, announce: (words: string) => void): void {
  const head = document.createElement('div');
  head.className = 'snippet-head';
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'plain';
  button.textContent = 'Copy';
  const sentence = pre.previousElementSibling;
  pre.before(head);
  if (sentence) head.append(sentence);
  head.append(button);
  let back: ReturnType<typeof setTimeout> | undefined;
  const say = (words: string): void => {
    button.textContent = words;
    announce(words);
    clearTimeout(back);
    back = setTimeout(() => (button.textContent = 'Copy'), 2_000);
  };
  button.addEventListener('click', () => {
    navigator.clipboard.writeText(pre.textContent).then(
      () => say('Copied'),
      () => {
        // Without clipboard permission, select the text instead.
        getSelection()?.selectAllChildren(pre);
        say('Press Ctrl+C');
      },
    );
  });
}
