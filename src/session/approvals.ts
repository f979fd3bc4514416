/**
 * The approvals of one call: tools that need approval, and approval requests of hosted MCP servers.
 *
 * Owns: the open questions, their time limit (no decision means denied), notifying the page and the panel.
 * Does not own: the decision (by the page in the event, by the visitor in the panel), its consequences.
 */
import type { CallBus } from '../contract/call-bus.js';
import type { Approval, ApprovalQuestion } from '../contract/messages.js';
import { DEFAULT_APPROVAL_TIMEOUT } from '../contract/options.js';
import type { Timers } from '../transport/transport.js';

/** Dependencies of `Approvals`. `release()` reports once more, with no open questions. */
export interface ApprovalsSetup {
  /** Timers and a steady clock, in milliseconds. */
  readonly timers: Timers & { now(): number };
  /** Milliseconds until an undecided question counts as denied. Default 60000. */
  readonly timeout?: number | undefined;
  /** Receives `approval-request` for each new question, and `approvals` after each change of the open ones. */
  readonly bus: Pick<CallBus, 'emit'>;
}

/** Maximum timer delay: timers of 2^31 ms and above fire at once. */
const LONGEST = 2 ** 31 - 1;

interface Question {
  approval: Approval;
  readonly answer: Promise<boolean>;
  timer: unknown;
  lapse(): void;
  resolve(approved: boolean): void;
}

/** See the head of the file. */
export class Approvals {
  readonly #setup: ApprovalsSetup;
  readonly #questions = new Map<string, Question>();
  #reported: readonly Approval[] = Object.freeze([]);
  #released = false;

  constructor(setup: ApprovalsSetup) {
    this.#setup = setup;
  }

  /** The open questions, oldest first. */
  get open(): readonly Approval[] {
    return Object.freeze(Array.from(this.#questions.values(), ({ approval }) => approval));
  }

  /**
   * Resolves with the decision; without one in time, calls `onLapse` and resolves with `false`. An `id` that is already open
   * is the same question. Never rejects. `release()` leaves it pending, because nothing would act on the decision.
   */
  ask(question: ApprovalQuestion, onLapse?: () => void): Promise<boolean> {
    const { timers, timeout = DEFAULT_APPROVAL_TIMEOUT, bus } = this.#setup;
    const { id } = question;
    const known = this.#questions.get(id);
    if (known) return known.answer;
    let resolve!: (approved: boolean) => void;
    const answer = new Promise<boolean>((settle) => (resolve = settle));
    if (this.#released) return answer;
    const lapse = (): void => {
      onLapse?.();
      this.decide(id, false);
    };
    const approval: Approval = Object.freeze({ ...question, expires: timers.now() + timeout });
    this.#questions.set(id, { approval, answer, timer: timers.setTimeout(lapse, Math.min(timeout, LONGEST)), lapse, resolve });
    bus.emit('approval-request', { approval, approve: () => this.decide(id, true), reject: () => this.decide(id, false) });
    this.#report();
    return answer;
  }

  /** Restarts the time limit of an open question. Has no effect if the question is not open. */
  extend(id: string): void {
    const { timers, timeout = DEFAULT_APPROVAL_TIMEOUT } = this.#setup;
    const question = this.#questions.get(id);
    if (!question) return;
    timers.clearTimeout(question.timer);
    question.timer = timers.setTimeout(question.lapse, Math.min(timeout, LONGEST));
    question.approval = Object.freeze({ ...question.approval, expires: timers.now() + timeout });
    this.#report();
  }

  /** Decides a question. Has no effect if the question is not open. */
  decide(id: string, approved: boolean): void {
    const question = this.#questions.get(id);
    if (!question) return;
    this.#setup.timers.clearTimeout(question.timer);
    this.#questions.delete(id);
    question.resolve(approved);
    this.#report();
  }

  /** Drops the open questions without a decision. */
  release(): void {
    this.#released = true;
    for (const { timer } of this.#questions.values()) this.#setup.timers.clearTimeout(timer);
    this.#questions.clear();
    this.#report();
  }

  /** Reports the open questions if they changed; a question that a listener decided at once is not a change. */
  #report(): void {
    const { open } = this;
    if (open.length === this.#reported.length && open.every((approval, index) => approval === this.#reported[index])) return;
    this.#reported = open;
    this.#setup.bus.emit('approvals', open);
  }
}
