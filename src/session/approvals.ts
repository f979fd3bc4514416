/**
 * What must not happen in one call before somebody says yes: tools that need approval, and what hosted MCP servers ask for.
 *
 * Owns: the open questions, their time limit (silence is a no), telling the page and the panel.
 * Does not own: who decides (the page in the event, the visitor in the panel), what follows a decision.
 */
import type { CallEvents } from '../contract/call.js';
import type { Approval, ApprovalQuestion } from '../contract/messages.js';
import { DEFAULT_APPROVAL_TIMEOUT } from '../contract/options.js';
import type { Timers } from '../transport/transport.js';

/** What the approvals need and whom they tell. `release()` tells once more, that nothing is open; nothing is called after it. */
export interface ApprovalsSetup {
  /** Timers and a steady clock, in milliseconds. */
  readonly timers: Timers & { now(): number };
  /** Milliseconds until silence counts as no. Default 60000. */
  readonly timeout?: number | undefined;
  /** A new question; it may be decided in here, and then nobody else is told. Must not throw. */
  onRequest(request: CallEvents['approval-request']): void;
  /** The open questions, oldest first, after each change. Must not throw. */
  onChange(open: readonly Approval[]): void;
}

/** Timers take no more: with 2^31 ms and above they fire at once. */
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
  #shown: readonly Approval[] = Object.freeze([]);
  #released = false;

  constructor(setup: ApprovalsSetup) {
    this.#setup = setup;
  }

  /** The open questions, oldest first. */
  get open(): readonly Approval[] {
    return Object.freeze(Array.from(this.#questions.values(), ({ approval }) => approval));
  }

  /**
   * Resolves with the decision; with `false`, after a call of `onLapse`, when nobody decided in time. An `id` that is open
   * already is the same question. Never rejects. `release()` leaves it pending: there is nobody left to act on an answer.
   */
  ask(question: ApprovalQuestion, onLapse?: () => void): Promise<boolean> {
    const { timers, timeout = DEFAULT_APPROVAL_TIMEOUT, onRequest } = this.#setup;
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
    onRequest({ approval, approve: () => this.decide(id, true), reject: () => this.decide(id, false) });
    this.#tell();
    return answer;
  }

  /** The time limit of an open question begins anew. Without effect for what is not open. */
  extend(id: string): void {
    const { timers, timeout = DEFAULT_APPROVAL_TIMEOUT } = this.#setup;
    const question = this.#questions.get(id);
    if (!question) return;
    timers.clearTimeout(question.timer);
    question.timer = timers.setTimeout(question.lapse, Math.min(timeout, LONGEST));
    question.approval = Object.freeze({ ...question.approval, expires: timers.now() + timeout });
    this.#tell();
  }

  /** Without effect for what is not open. */
  decide(id: string, approved: boolean): void {
    const question = this.#questions.get(id);
    if (!question) return;
    this.#setup.timers.clearTimeout(question.timer);
    this.#questions.delete(id);
    question.resolve(approved);
    this.#tell();
  }

  /** Drops what is open; nothing is decided. */
  release(): void {
    this.#released = true;
    for (const { timer } of this.#questions.values()) this.#setup.timers.clearTimeout(timer);
    this.#questions.clear();
    this.#tell();
  }

  /** What was asked and decided in the same breath is no change. */
  #tell(): void {
    const { open } = this;
    if (open.length === this.#shown.length && open.every((approval, index) => approval === this.#shown[index])) return;
    this.#shown = open;
    this.#setup.onChange(open);
  }
}
