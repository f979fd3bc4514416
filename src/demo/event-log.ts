/**
 * The live list of the widget's events: newest first, with a maximum length, detail as text when expanded. Streaming text
 * of one turn shares one row. The list is not a live region, because its announcements would disturb the call.
 */
import type { VoiceAgentEventDetails, VoiceAgentEventName } from '../contract/events.js';
import type { VoiceAgent } from '../element/voice-agent.js';

/** The elements of the page that belong to the log. */
export interface LogParts {
  readonly log: HTMLElement;
  readonly empty: HTMLElement;
  readonly clear: HTMLElement;
  readonly serverLog: HTMLElement;
  readonly serverCount: HTMLElement;
}

type Side = 'call' | 'user' | 'agent' | 'error';

/** One event, summarised in one line. */
interface Line {
  readonly gist: string;
  readonly side?: Side;
  /** Consecutive events with the same key share a row. */
  readonly key?: string;
}

const MOST_ROWS = 200;
const LONGEST_DETAIL = 20_000;

const sideOf = (role: string): Side => (role === 'user' ? 'user' : 'agent');

const LINES: { [K in Exclude<VoiceAgentEventName, 'voice-agent-server-event'>]: (detail: VoiceAgentEventDetails[K]) => Line } = {
  'voice-agent-before-connect': () => ({ gist: 'a call is about to start' }),
  'voice-agent-state-change': ({ previous, state, reason }) => ({ gist: `${previous} → ${state}${reason ? ` (${reason})` : ''}` }),
  'voice-agent-activity-change': ({ activity }) => ({ gist: activity, side: activity === 'user-speaking' ? 'user' : 'agent' }),
  'voice-agent-transcript': ({ message }) => ({ gist: message.text, side: sideOf(message.role), key: message.id }),
  'voice-agent-message': ({ message }) => ({ gist: `${message.role}: ${message.text}`, side: sideOf(message.role) }),
  'voice-agent-message-revised': ({ message }) => ({ gist: `${message.role}: ${message.text}`, side: sideOf(message.role) }),
  'voice-agent-tool-start': ({ call }) => ({ gist: `${call.name}(${call.arguments})` }),
  'voice-agent-tool-end': ({ call, output, error }) => ({ gist: `${call.name} → ${output}`, side: error === undefined ? 'call' : 'error' }),
  'voice-agent-approval-request': ({ approval }) => ({ gist: `approve ${approval.name}(${approval.arguments})?` }),
  'voice-agent-ending': ({ ending }) => ({ gist: ending ? `${ending.reason}: ends in ${String(ending.seconds)} s` : 'the call continues' }),
  'voice-agent-open-change': ({ open }) => ({ gist: open ? 'the panel is shown' : 'the panel is hidden' }),
  'voice-agent-mute-change': ({ muted }) => ({ gist: muted ? 'muted' : 'unmuted' }),
  'voice-agent-error': ({ error }) => ({ gist: `${error.code}: ${error.message}`, side: 'error' }),
};

/** Shows all events that the widget dispatches from now on. */
export function showEventLog(agent: VoiceAgent, parts: LogParts): void {
  const { log, empty, clear, serverLog, serverCount } = parts;
  let counted = 0;
  for (const [name, line] of Object.entries(LINES) as [VoiceAgentEventName, (detail: unknown) => Line][]) {
    agent.addEventListener(name, ({ detail }) => {
      empty.hidden = true;
      add(log, name.replace('voice-agent-', ''), detail, line(detail));
    });
  }
  agent.addEventListener('voice-agent-server-event', ({ detail: { event } }) => {
    serverCount.textContent = String(++counted);
    add(serverLog, event.type, event, { gist: '' });
  });
  clear.addEventListener('click', () => {
    log.replaceChildren();
    serverLog.replaceChildren();
    serverCount.textContent = String((counted = 0));
    empty.hidden = false;
  });
}

function add(list: HTMLElement, name: string, detail: unknown, line: Line): void {
  const newest = list.firstElementChild;
  if (line.key !== undefined && newest instanceof HTMLLIElement && newest.dataset['key'] === `${name} ${line.key}`) {
    newest.replaceChildren(row(name, detail, line));
    return;
  }
  const item = document.createElement('li');
  if (line.key !== undefined) item.dataset['key'] = `${name} ${line.key}`;
  item.append(row(name, detail, line));
  list.prepend(item);
  if (list.childElementCount > MOST_ROWS) list.lastElementChild?.remove();
}

function row(name: string, detail: unknown, { gist, side = 'call' }: Line): HTMLElement {
  const details = document.createElement('details');
  details.dataset['side'] = side;
  const summary = document.createElement('summary');
  const now = new Date();
  const time = text('time', now.toLocaleTimeString('en-GB'), '');
  time.dateTime = now.toISOString();
  summary.append(time, text('span', name, 'name'), text('span', gist.slice(0, 300), 'gist'));
  details.append(summary);
  details.addEventListener('toggle', () => {
    if (!details.open || details.querySelector('pre')) return;
    const json = text('pre', asJson(detail), '');
    json.tabIndex = 0;
    json.setAttribute('aria-label', `Detail of ${name}`);
    json.setAttribute('role', 'region');
    details.append(json);
  });
  return details;
}

function text<K extends keyof HTMLElementTagNameMap>(tag: K, words: string, className: string): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.textContent = words;
  if (className) made.className = className;
  return made;
}

/** Readable JSON: errors with their fields, functions by name, long output truncated. */
function asJson(detail: unknown): string {
  const json = JSON.stringify(
    detail,
    (_, value: unknown) => {
      if (value instanceof Error) return { ...value, message: value.message };
      if (typeof value === 'function') return `[function ${value.name}]`;
      return value;
    },
    2,
  );
  return json.length > LONGEST_DETAIL ? `${json.slice(0, LONGEST_DETAIL)}\n… ${String(json.length)} characters` : json;
}
