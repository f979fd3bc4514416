/** The states and activities of a widget over time, so that a test need not observe one at the exact moment. */
import type { Locator } from '@playwright/test';

/** States that end by themselves. For all others, tests check the current state. */
const PASSING: ReadonlySet<string> = new Set(['connecting', 'reconnecting', 'disconnecting', 'user-speaking', 'thinking', 'speaking']);

interface StateHistory {
  readonly log: string[];
  /** Number of states that were already returned to the test. */
  returned: number;
}

declare global {
  interface Window {
    moments?: WeakMap<EventTarget, StateHistory>;
  }
}

/** Runs in the page, before its own scripts. */
export function installMoments(): void {
  const all = new WeakMap<EventTarget, StateHistory>();
  window.moments = all;
  const keep = ({ target, detail }: CustomEvent<{ state?: string; activity?: string }>): void => {
    if (!target) return;
    const moments = all.get(target) ?? { log: [], returned: 0 };
    all.set(target, moments);
    moments.log.push(detail.state ?? detail.activity ?? '');
  };
  for (const name of ['voice-agent-state-change', 'voice-agent-activity-change']) document.addEventListener(name, keep as EventListener);
}

/**
 * Returns `moment` if the widget is in that state or activity, or was (for a transient one) since the test last
 * received one; otherwise the widget's current state.
 */
export async function reached(host: Locator, moment: string): Promise<string> {
  const look = (agent: HTMLElementTagNameMap['voice-agent'], [wanted, passes]: readonly [string, boolean]): string => {
    const moments = window.moments?.get(agent);
    const now = [agent.state, agent.activity].includes(wanted as never);
    const index = (now ? moments?.log.lastIndexOf(wanted) : moments?.log.indexOf(wanted, moments.returned)) ?? -1;
    if (!now && !(passes && index >= 0)) return `${agent.state} ${agent.activity ?? ''}`;
    if (moments) moments.returned = Math.max(moments.returned, index + 1);
    return wanted;
  };
  // The page may be navigating.
  return host.evaluate(look, [moment, PASSING.has(moment)] as const).catch(String);
}
