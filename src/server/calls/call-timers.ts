/**
 * When one call has to end, by the clock: at its longest duration, after too long a silence, when the visitor's page is gone, or
 * when its budget is nearly used up. Tells the visitor before, and that it goes on after all.
 *
 * Owns the one timer of a call. Does not own what counts as a word, and does not hang up.
 */
import type { Clock } from '../clock.js';
import type { Profile } from '../options.js';
import type { CallNotice } from '../state/shared-state.js';
import type { RealtimeEvent } from './sideband.js';

/** What somebody is busy with; silence begins when nobody is. */
type Busy = 'speech' | 'response' | 'playing';

/** Ends that the clock brings. */
export type TimedEnd = 'duration' | 'idle' | 'vanished' | 'budget';

/** What a call's timers are made of. */
export interface CallTimersSetup {
  readonly clock: Clock;
  readonly limits: Pick<Profile['limits'], 'idleSeconds' | 'warnSeconds'>;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  onNotice(notice: CallNotice): void;
  onEnd(reason: TimedEnd): void;
}

/** Milliseconds that a page may be away: a reload of its stream, a change of the network. */
const GONE_AFTER = 15_000;

/** See the head of the file. */
export class CallTimers {
  readonly #setup: CallTimersSetup;
  readonly #busy = new Set<Busy>();
  #lastWord: number;
  #seen: number | undefined;
  #budgetEnd: number | undefined;
  #told: { readonly reason: string; readonly at: number } | undefined;
  #timer: { readonly at: number; callOff(): void } | undefined;
  #over = false;

  constructor(setup: CallTimersSetup) {
    this.#setup = setup;
    this.#lastWord = setup.clock.now();
  }

  /** Begins to run; calls that are past their end end at once. */
  start(): void {
    this.#look();
  }

  /** Follows who is busy, and what else is no silence. */
  hear({ type }: RealtimeEvent): void {
    switch (type) {
      case 'input_audio_buffer.speech_started':
        this.#isBusy('speech', true);
        return;
      case 'input_audio_buffer.speech_stopped':
        this.#isBusy('speech', false);
        return;
      case 'response.created':
        this.#isBusy('response', true);
        return;
      case 'response.done':
        this.#isBusy('response', false);
        return;
      case 'output_audio_buffer.started':
        this.#isBusy('playing', true);
        return;
      case 'output_audio_buffer.stopped':
      case 'output_audio_buffer.cleared':
        this.#isBusy('playing', false);
        return;
      case 'conversation.item.added':
      case 'conversation.item.created':
      case 'input_audio_buffer.committed':
      case 'input_audio_buffer.dtmf_event_received':
        this.#word();
    }
  }

  /** The visitor is there and does something that makes no event, such as typing: the silence begins anew. */
  active(): void {
    this.#word();
  }

  /** What was going on is not known any more. */
  forgetBusy(): void {
    this.#busy.clear();
    this.#word();
  }

  /** The visitor's page is there. `fresh`: it has not heard what was told before. */
  here(fresh: boolean): void {
    const first = this.#seen === undefined;
    this.#seen = this.#setup.clock.now();
    if (fresh) this.#told = undefined;
    if (first || fresh) this.#look();
  }

  /** A page that was there before counts as being there. */
  maybeHere(): void {
    if (this.#seen !== undefined) this.#seen = this.#setup.clock.now();
  }

  /** The budget is used up soon: the call ends after the time of warning. */
  endBudget(): void {
    this.#budgetEnd ??= this.#setup.clock.now() + this.#setup.limits.warnSeconds * 1000;
    this.#look();
  }

  /** Calls everything off. */
  stop(): void {
    this.#over = true;
    this.#timer?.callOff();
    this.#timer = undefined;
  }

  #isBusy(what: Busy, on: boolean): void {
    if (on) this.#busy.add(what);
    else this.#busy.delete(what);
    this.#word();
  }

  /** The silence begins anew. */
  #word(): void {
    this.#lastWord = this.#setup.clock.now();
    // Else the timer that runs comes no later than needed.
    if (this.#told) this.#look();
  }

  #look(): void {
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
    // Half of a short silence may pass before it is worth a word.
    const warning = Math.min(limits.warnSeconds, announced.reason === 'idle' ? limits.idleSeconds / 2 : Infinity) * 1000;
    if (announced.at - warning <= now) {
      if (this.#told?.reason !== announced.reason || this.#told.at !== announced.at) {
        this.#told = announced;
        onNotice({ type: 'ending', reason: announced.reason as 'duration' | 'idle' | 'budget', seconds: Math.ceil((announced.at - now) / 1000) });
      }
      this.#wake(soonest.at);
    } else {
      if (this.#told) onNotice({ type: 'continues' });
      this.#told = undefined;
      this.#wake(Math.min(soonest.at, announced.at - warning));
    }
  }

  #ends(): { readonly reason: TimedEnd; readonly at: number }[] {
    const { deadline, limits } = this.#setup;
    const silent = this.#busy.size === 0 ? this.#lastWord : this.#setup.clock.now();
    return [
      { reason: 'duration', at: deadline },
      { reason: 'idle', at: silent + limits.idleSeconds * 1000 },
      ...(this.#seen === undefined ? [] : [{ reason: 'vanished' as const, at: this.#seen + GONE_AFTER }]),
      ...(this.#budgetEnd === undefined ? [] : [{ reason: 'budget' as const, at: this.#budgetEnd }]),
    ];
  }

  /** A timer that is set for earlier looks again by itself: a call hears many words and sets few timers. */
  #wake(at: number): void {
    if (this.#timer && this.#timer.at <= at && this.#timer.at > this.#setup.clock.now()) return;
    this.#timer?.callOff();
    const callOff = this.#setup.clock.after(at - this.#setup.clock.now(), () => {
      this.#timer = undefined;
      this.#look();
    });
    this.#timer = { at, callOff };
  }
}
