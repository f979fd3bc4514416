/** Tools of the demo page, so that the whole way of a tool call can be seen: the model asks, the page acts and answers. */
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
      description: 'Tells the time of day and the time zone where the visitor is.',
      parameters: { type: 'object', properties: {} },
      execute: () => ({
        time: new Date().toLocaleTimeString(document.documentElement.lang, { hour: 'numeric', minute: '2-digit' }),
        zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      }),
    },
    {
      name: 'set_page_theme',
      description: 'Changes the colours of the page that the visitor looks at.',
      parameters: {
        type: 'object',
        properties: { theme: { type: 'string', enum: THEMES, description: 'auto follows the visitor’s device' } },
        required: ['theme'],
      },
      execute: (args) => {
        const { theme } = (args ?? {}) as { theme?: unknown };
        // A model can send anything: what is not on the list is answered, not carried out.
        if (!THEMES.includes(theme)) return { error: `theme has to be one of ${THEMES.join(', ')}` };
        page.setTheme(theme as Theme);
        return { theme };
      },
    },
  ];
}
