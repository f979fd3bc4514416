/**
 * Ends one call by time: at its maximum duration, after too much silence, when the visitor's page never connected or is gone, or when its
 * budget is nearly used up. Warns the visitor in advance, and reports if the call continues after all.
 *
 * Owns the single timer of a call. Does not hang up.
 */
import type { Clock } from '../contract/clock.js';
import type { Profile } from '../resolved-options.js';
import type { CallNotice } from '../contract/shared-state.js';
import type { RealtimeEvent } from './sideband.js';

/** Ongoing activities; the idle time starts when none is left. */
type Busy = 'speech' | 'response' | 'playing';

/** Reasons for an end by time. */
export type TimedEnd = 'duration' | 'idle' | 'vanished' | 'budget';

/** Dependencies and callbacks of a call's timers. */
export interface CallTimersSetup {
  readonly clock: Clock;
  readonly limits: Pick<Profile['limits'], 'maxIdleSeconds' | 'warningSeconds'>;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  onNotice(notice: CallNotice): void;
  onEnd(reason: TimedEnd): void;
}

/** Milliseconds in which a page must connect, so that an offer without media frees its place within ten seconds. */
const CONNECT_WITHIN = 9_000;
/** Milliseconds that a page may be away, for example while its stream reconnects or the network changes. */
const MAX_ABSENCE = 15_000;

/** See the head of the file. */
export class CallTimers {
  readonly #setup: CallTimersSetup;
  readonly #busy = new Set<Busy>();
  #lastActivity: number;
  #lastSeen: number | undefined;
  /** When the call ends, until an event shows that its page is connected to the API. */
  #connectBy: number | undefined;
  #budgetEnd: number | undefined;
  #announced: { readonly reason: string; readonly at: number } | undefined;
  #timer: { readonly at: number; cancelTimer(): void } | undefined;
  #over = false;

  constructor(setup: CallTimersSetup) {
    this.#setup = setup;
    this.#lastActivity = setup.clock.now();
  }

  /** Starts the timer; a call past its end is ended at once. */
  start(): void {
    this.#check();
  }

  /** The sideband is attached, and the page has to connect to the API from now on. */
  expectPage(): void {
    this.#connectBy = this.#setup.clock.now() + CONNECT_WITHIN;
    this.#check();
  }

  /** Tracks activity. */
  handleEvent(event: RealtimeEvent): void {
    const { type } = event;
    if (comesFromPage(event)) this.#connectBy = undefined;
    switch (type) {
      case 'input_audio_buffer.speech_started':
        this.#setBusy('speech', true);
        return;
      case 'input_audio_buffer.speech_stopped':
        this.#setBusy('speech', false);
        return;
      case 'response.created':
        this.#setBusy('response', true);
        return;
      case 'response.done':
        this.#setBusy('response', false);
        return;
      case 'output_audio_buffer.started':
        this.#setBusy('playing', true);
        return;
      case 'output_audio_buffer.stopped':
      case 'output_audio_buffer.cleared':
        this.#setBusy('playing', false);
        return;
      case 'conversation.item.added':
      case 'conversation.item.created':
      case 'input_audio_buffer.committed':
      case 'input_audio_buffer.dtmf_event_received':
        this.#restartIdleTime();
    }
  }

  /** The visitor does something that produces no event, such as typing: restarts the idle time. */
  active(): void {
    this.#restartIdleTime();
  }

  /** The sideband was lost, so ongoing activities are unknown. */
  resetActivity(): void {
    this.#connectBy = undefined;
    this.#busy.clear();
    this.#restartIdleTime();
  }

  /** The visitor's page is connected. `fresh`: it has just connected and missed earlier notices. */
  pagePresent(fresh: boolean): void {
    const first = this.#lastSeen === undefined;
    this.#lastSeen = this.#setup.clock.now();
    if (fresh) this.#announced = undefined;
    if (first || fresh) this.#check();
  }

  /** Presence is unknown: a page that was connected before counts as present. */
  presenceUnknown(): void {
    if (this.#lastSeen !== undefined) this.#lastSeen = this.#setup.clock.now();
  }

  /** The budget is nearly used up: the call ends after the warning time. */
  endBudget(): void {
    this.#budgetEnd ??= this.#setup.clock.now() + this.#setup.limits.warningSeconds * 1000;
    this.#check();
  }

  /** Cancels the timer. */
  stop(): void {
    this.#over = true;
    this.#timer?.cancelTimer();
    this.#timer = undefined;
  }

  #setBusy(what: Busy, on: boolean): void {
    if (on) this.#busy.add(what);
    else this.#busy.delete(what);
    this.#restartIdleTime();
  }

  /** Restarts the idle time. */
  #restartIdleTime(): void {
    this.#lastActivity = this.#setup.clock.now();
    // Without an announced end, the running timer fires early enough.
    if (this.#announced) this.#check();
  }

  #check(): void {
    if (this.#over) return;
    const { clock, limits, onEnd, onNotice } = this.#setup;
    const now = clock.now();
    const ends = this.#ends();
    const soonest = ends.reduce((one, other) => (other.at < one.at ? other : one));
    if (soonest.at <= now) {
      this.stop();
      onEnd(soonest.reason);
      return;
    }
    const announced = ends.filter(({ reason }) => reason !== 'vanished').reduce((one, other) => (other.at < one.at ? other : one));
    // With a short idle limit, warn no earlier than halfway through it.
    const warning = Math.min(limits.warningSeconds, announced.reason === 'idle' ? limits.maxIdleSeconds / 2 : Infinity) * 1000;
    if (announced.at - warning <= now) {
      if (this.#announced?.reason !== announced.reason || this.#announced.at !== announced.at) {
        this.#announced = announced;
        onNotice({
          type: 'ending',
          reason: announced.reason as 'duration' | 'idle' | 'budget',
          seconds: Math.ceil((announced.at - now) / 1000),
        });
      }
      this.#schedule(soonest.at);
    } else {
      if (this.#announced) onNotice({ type: 'continues' });
      this.#announced = undefined;
      this.#schedule(Math.min(soonest.at, announced.at - warning));
    }
  }

  #ends(): { readonly reason: TimedEnd; readonly at: number }[] {
    const { deadline, limits } = this.#setup;
    const silent = this.#busy.size === 0 ? this.#lastActivity : this.#setup.clock.now();
    return [
      { reason: 'duration', at: deadline },
      { reason: 'idle', at: silent + limits.maxIdleSeconds * 1000 },
      ...(this.#connectBy === undefined ? [] : [{ reason: 'vanished' as const, at: this.#connectBy }]),
      ...(this.#lastSeen === undefined ? [] : [{ reason: 'vanished' as const, at: this.#lastSeen + MAX_ABSENCE }]),
      ...(this.#budgetEnd === undefined ? [] : [{ reason: 'budget' as const, at: this.#budgetEnd }]),
    ];
  }

  /** Keeps a timer that fires earlier, since it checks again anyway: frequent events then set few timers. */
  #schedule(at: number): void {
    if (this.#timer && this.#timer.at <= at && this.#timer.at > this.#setup.clock.now()) return;
    this.#timer?.cancelTimer();
    const cancelTimer = this.#setup.clock.after(at - this.#setup.clock.now(), () => {
      this.#timer = undefined;
      this.#check();
    });
    this.#timer = { at, cancelTimer };
  }
}

/**
 * Whether the API only sends this event once the page is connected: it answers an event of the page, or results from its audio. The widget
 * sends `session.update` as soon as its data channel is open. The API lists the tools of MCP servers by itself.
 */
function comesFromPage({ type, item }: RealtimeEvent): boolean {
  if (type.startsWith('conversation.item.')) return (item as { type?: unknown } | undefined)?.type !== 'mcp_list_tools';
  return /^(session\.updated|response\.created|input_audio_buffer\..+|output_audio_buffer\..+)$/.test(type);
}
