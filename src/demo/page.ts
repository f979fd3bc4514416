/**
 * The demo page's script: composes its parts around the one `<voice-agent>` of the page. Imports only types of the
 * project, for the widget comes by its own script tag, as on any site. Writes text as text; no HTML sink anywhere.
 */
import { bindConnection } from './connection-form.js';
import { showEvents } from './event-log.js';
import { bindOptions } from './option-form.js';
import { pageTools } from './page-tools.js';
import { enableSnippets } from './snippets.js';

/** An element of the page that has to be there. */
function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page lacks #${id}.`);
  return found as T;
}

const announcer = element('announcer');
enableSnippets(document.getElementById('embed') as HTMLElement, (words) => {
  announcer.textContent = words;
});

await customElements.whenDefined('voice-agent');
const agent = document.querySelector('voice-agent');
if (!agent) throw new Error('The page lacks its <voice-agent>.');

const options = bindOptions(agent, {
  form: element<HTMLFormElement>('option-form'),
  frame: document.querySelector('.frame') as HTMLElement,
  elsewhere: document.querySelector('.elsewhere') as HTMLElement,
  backInline: element('back-inline'),
  endTurn: element('end-turn'),
});
bindConnection(agent, element<HTMLFormElement>('option-form'), element('dictation-field'));
agent.tools = pageTools({ setTheme: (theme) => options.setPageTheme(theme) });
showEvents(agent, {
  log: element('event-log'),
  empty: element('no-events'),
  clear: element('clear-events'),
  serverLog: element('server-event-log'),
  serverCount: element('server-event-count'),
});

const caption = element('state-line');
const words = element('state-words');
/** The line under the frame: what a page can read from the element at any time. */
const showState = (): void => {
  caption.dataset['state'] = agent.state;
  words.textContent = agent.activity ? `${agent.state}, ${agent.activity}` : agent.state;
};
agent.addEventListener('voice-agent-state-change', showState);
agent.addEventListener('voice-agent-activity-change', showState);
showState();
