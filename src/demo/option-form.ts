/**
 * The options of the demo page: each sets one attribute of the widget, as a site's author would write it. Owns the
 * form, the frame's look and the page's colours; reads back what the widget changes itself (muted, placement).
 */
import type { Placement, Theme } from '../contract/options.js';
import type { VoiceAgent } from '../element/voice-agent.js';

/** The elements of the page that belong to the options. */
export interface OptionParts {
  readonly form: HTMLFormElement;
  readonly frame: HTMLElement;
  /** Shown in the frame while the widget floats. */
  readonly elsewhere: HTMLElement;
  readonly backInline: HTMLElement;
  /** For `turn-detection="none"`. */
  readonly endTurn: HTMLElement;
}

/** The interface of the options for other modules. */
export interface Options {
  /** Sets the colours of the page, and of the widget while its own theme is `auto`. */
  setPageTheme(theme: Theme): void;
}

/** Options that are attributes of the widget; an empty value removes the attribute. */
const ATTRIBUTES = ['placement', 'heading', 'voice', 'turn-detection', 'language', 'greeting', 'dir'];
/** Options that are boolean attributes. */
const FLAGS = ['muted', 'disabled'] as const;

/** Binds the form to the widget. */
export function bindOptionForm(agent: VoiceAgent, parts: OptionParts): Options {
  const { form, frame, elsewhere, backInline, endTurn } = parts;
  const page = document.documentElement;
  const chosen = (name: string): string => {
    const value = new FormData(form).get(name);
    return typeof value === 'string' ? value : '';
  };
  const field = <T extends HTMLElement>(name: string): T => form.elements.namedItem(name) as unknown as T;

  const showTheme = (): void => {
    const own = chosen('theme');
    agent.setAttribute('theme', own === 'auto' ? (page.dataset['theme'] ?? 'auto') : own);
  };
  const showFrame = (): void => {
    const placement = agent.placement;
    frame.dataset['placement'] = placement;
    frame.dataset['room'] = chosen('room');
    elsewhere.hidden = placement === 'inline';
  };
  const showTurn = (): void => {
    endTurn.hidden = agent.getAttribute('turn-detection') !== 'none' || agent.state !== 'connected';
  };
  const apply = (name: string): void => {
    const flag = FLAGS.find((one) => one === name);
    if (flag) {
      const { checked } = field<HTMLInputElement>(flag);
      agent.toggleAttribute(flag, checked);
      // The widget can be muted without the attribute, so removing the attribute may have no effect.
      agent[flag] = checked;
    }
    if (ATTRIBUTES.includes(name)) {
      const value = chosen(name);
      if (value) agent.setAttribute(name, value);
      else agent.removeAttribute(name);
    }
    if (name === 'theme') showTheme();
    showFrame();
    showTurn();
  };

  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', ({ target }) => {
    if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) apply(target.name);
  });
  backInline.addEventListener('click', () => {
    field<HTMLSelectElement>('placement').value = 'inline' satisfies Placement;
    apply('placement');
    // The focused button has disappeared, so move the focus to the widget's region.
    frame.closest<HTMLElement>('[tabindex]')?.focus();
  });
  endTurn.addEventListener('click', () => {
    void agent.sendEvent({ type: 'input_audio_buffer.commit' });
    void agent.answer();
  });
  agent.addEventListener('voice-agent-state-change', showTurn);
  agent.addEventListener('voice-agent-mute-change', ({ detail }) => {
    field<HTMLInputElement>('muted').checked = detail.muted;
  });
  // Browsers restore the form when the visitor navigates back.
  for (const name of [...ATTRIBUTES, ...FLAGS, 'theme']) apply(name);

  return {
    setPageTheme(theme) {
      if (theme === 'auto') delete page.dataset['theme'];
      else page.dataset['theme'] = theme;
      showTheme();
    },
  };
}
