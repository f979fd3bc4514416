/** Tools of the demo page. They demonstrate a complete tool call: the model calls, the page acts and responds. */
import type { ClientTool, Theme } from '../contract/options.js';

/** What the tools may do to the page. */
export interface PageActions {
  setTheme(theme: Theme): void;
}

const THEMES: readonly unknown[] = ['light', 'dark', 'auto'] satisfies Theme[];

/** The tools that the page registers. */
export function pageTools(page: PageActions): ClientTool[] {
  return [
    {
      name: 'get_time',
      description: 'Returns the visitor’s local time and time zone.',
      parameters: { type: 'object', properties: {} },
      execute: () => ({
        time: new Date().toLocaleTimeString(document.documentElement.lang, { hour: 'numeric', minute: '2-digit' }),
        zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      }),
    },
    {
      name: 'set_page_theme',
      description: 'Changes the colour theme of the page.',
      parameters: {
        type: 'object',
        properties: { theme: { type: 'string', enum: THEMES, description: 'auto follows the visitor’s device' } },
        required: ['theme'],
      },
      execute: (args) => {
        const { theme } = (args ?? {}) as { theme?: unknown };
        // A model can send any value: answer an unknown theme with an error.
        if (!THEMES.includes(theme)) return { error: `theme must be one of ${THEMES.join(', ')}` };
        page.setTheme(theme as Theme);
        return { theme };
      },
    },
  ];
}
