/** The states and activities that a widget went through, so that a test need not look at the very moment of one. */
import type { Locator } from '@playwright/test';

/** Those that end by themselves. Of the others a test wants to know whether they are now. */
const PASSING: ReadonlySet<string> = new Set(['connecting', 'reconnecting', 'disconnecting', 'user-speaking', 'thinking', 'speaking']);

interface Moments {
  readonly log: string[];
  /** How many of them the test has been told of. */
  told: number;
}

declare global {
  interface Window {
    moments?: WeakMap<EventTarget, Moments>;
  }
}

/** Runs in the page, before its own scripts. */
export function installMoments(): void {
  const all = new WeakMap<EventTarget, Moments>();
  window.moments = all;
  const keep = ({ target, detail }: CustomEvent<{ state?: string; activity?: string }>): void => {
    if (!target) return;
    const moments = all.get(target) ?? { log: [], told: 0 };
    all.set(target, moments);
    moments.log.push(detail.state ?? detail.activity ?? '');
  };
  for (const name of ['voice-agent-state-change', 'voice-agent-activity-change']) document.addEventListener(name, keep as EventListener);
}

/**
 * `moment`, if the widget is in that state or activity, or was since the test was last told of one and it is one that passes;
 * where the widget is, otherwise.
 */
export async function reached(host: Locator, moment: string): Promise<string> {
  const look = (agent: HTMLElementTagNameMap['voice-agent'], [wanted, passes]: readonly [string, boolean]): string => {
    const moments = window.moments?.get(agent);
    const now = [agent.state, agent.activity].includes(wanted as never);
    const index = (now ? moments?.log.lastIndexOf(wanted) : moments?.log.indexOf(wanted, moments.told)) ?? -1;
    if (!now && !(passes && index >= 0)) return `${agent.state} ${agent.activity ?? ''}`;
    if (moments) moments.told = Math.max(moments.told, index + 1);
    return wanted;
  };
  // The page may be on its way to another.
  return host.evaluate(look, [moment, PASSING.has(moment)] as const).catch(String);
}
