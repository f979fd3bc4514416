/**
 * The demo page's script: composes its parts around the page's single `<voice-agent>`. Imports only types of the
 * project, because the widget is loaded by its own script tag, as on any site. Renders text as text; uses no HTML sink.
 */
import { bindConnectionForm } from './connection-form.js';
import { showEventLog } from './event-log.js';
import { bindOptionForm } from './option-form.js';
import { pageTools } from './page-tools.js';
import { enableSnippets } from './snippets.js';

/** Returns a required element of the page. */
function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element #${id}.`);
  return found as T;
}

const announcer = element('announcer');
enableSnippets(document.getElementById('embed') as HTMLElement, (words) => {
  announcer.textContent = words;
});

await customElements.whenDefined('voice-agent');
const agent = document.querySelector('voice-agent');
if (!agent) throw new Error('The page has no <voice-agent> element.');

const options = bindOptionForm(agent, {
  form: element<HTMLFormElement>('option-form'),
  frame: document.querySelector('.frame') as HTMLElement,
  elsewhere: document.querySelector('.elsewhere') as HTMLElement,
  backInline: element('back-inline'),
  endTurn: element('end-turn'),
});
bindConnectionForm(agent, element<HTMLFormElement>('option-form'), element('dictation-field'));
agent.tools = pageTools({ setTheme: (theme) => options.setPageTheme(theme) });
showEventLog(agent, {
  log: element('event-log'),
  empty: element('no-events'),
  clear: element('clear-events'),
  serverLog: element('server-event-log'),
  serverCount: element('server-event-count'),
});

const caption = element('state-line');
const words = element('state-words');
/** Updates the line under the frame: state and activity, which a page can read at any time. */
const showState = (): void => {
  caption.dataset['state'] = agent.state;
  words.textContent = agent.activity ? `${agent.state}, ${agent.activity}` : agent.state;
};
agent.addEventListener('voice-agent-state-change', showState);
agent.addEventListener('voice-agent-activity-change', showState);
showState();
