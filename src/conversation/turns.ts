/**
 * The lifecycle of a turn: its speaker, its text, its end. Owns when a turn counts as finished; does not know event names
 * (`reduce.ts`) or positions (`order.ts`).
 *
 * A spoken answer is finished when its playback ends, not its text: generation runs ahead of playback, and the visitor may still
 * interrupt it. If the server reports no playback (text, WebSocket), it is finished when it is generated.
 */
import type { AnswerEnd } from '../contract/server-error.js';
import { measuredSpeechPace, defaultSpeechPace } from './speech-pace.js';
import { blankItem, indexOf, isId, MAX_PARTS, MAX_TEXT } from './item.js';
import type { End, Item } from './item.js';
import { appendItem, placeBySibling } from './order.js';
import { textOf } from './visible-message.js';
import { answerOf, find, itemAt, malformed, noteAnswer, patch, slotsOf, store } from './state.js';
import type { Answer, Draft } from './state.js';

/** Maximum milliseconds to wait for the transcript of a spoken turn. */
const TRANSCRIPT_PATIENCE = 10_000;

/** The slot for an id, created if new; -1 for an invalid id or a deleted item. `revive`: the server added the item again. */
export function itemSlot(draft: Draft, id: unknown, at: number, revive = false): number {
  if (!isId(id)) return malformed(draft);
  const slot = find(draft, id);
  if (slot < 0) return appendItem(draft, id, at);
  const { gone } = itemAt(draft, slot);
  if (revive) {
    if (gone) store(draft, slot, blankItem(id, at));
    else patch(draft, slot, { dropped: false });
  }
  return gone && !revive ? -1 : slot;
}

/** The slot of a message by this speaker; -1 if the id belongs to another kind of item. */
export function turnSlot(draft: Draft, id: unknown, role: 'user' | 'assistant', at: number, revive = false): number {
  const slot = itemSlot(draft, id, at, revive);
  if (slot < 0) return slot;
  const item = itemAt(draft, slot);
  if ((item.kind || 'message') !== 'message' || (item.role ?? role) !== role) return malformed(draft);
  patch(draft, slot, { kind: 'message', role, voice: item.voice || role === 'user' });
  return slot;
}

/** Writes text to a part. `add` appends, `fill` applies only if the part is empty, `final` replaces and closes. */
export function writeText(draft: Draft, slot: number, index: unknown, text: unknown, how: 'add' | 'fill' | 'final'): void {
  const at = index ?? 0;
  if (slot < 0) return;
  if (typeof text !== 'string' || !Number.isInteger(at) || (at as number) < 0 || (at as number) >= MAX_PARTS) return void malformed(draft);
  const item = itemAt(draft, slot);
  const parts = item.parts.slice();
  while (parts.length <= (at as number)) parts.push({ text: '', done: false });
  const part = parts[at as number] as Item['parts'][number];
  if (item.trimmed || (how !== 'final' && part.done) || (how === 'fill' && part.text !== '')) return;
  let next = how === 'add' ? part.text + text : text;
  // An answer's final event without text does not clear the streamed text; an empty user transcript does.
  if (how === 'final' && text === '' && item.role !== 'user') next = part.text;
  if (next.length > MAX_TEXT) {
    next = next.slice(0, MAX_TEXT);
    malformed(draft);
  }
  if (next === part.text && (how !== 'final' || part.done)) return;
  parts[at as number] = { text: next, done: how === 'final' };
  // A transcript proves that a dropped turn was spoken.
  patch(draft, slot, { parts, dropped: item.dropped && next.trim() === '' });
}

/**
 * Applies a part of a spoken turn's transcript. A turn that was finished without a complete transcript is reopened until it is
 * complete. A segment is only applied if the part is empty (`fill`), because it repeats the deltas.
 */
export function applyTranscript(draft: Draft, slot: number, index: unknown, text: unknown, at: number, how: 'add' | 'fill' = 'add'): void {
  if (slot < 0) return;
  const { status, parts } = itemAt(draft, slot);
  if (typeof text === 'string' && text.trim() !== '' && !parts.some((part) => part.done && part.text !== '')) {
    draft.transcribes = true;
    patch(draft, slot, { dropped: false, parts: parts.filter(({ done }) => !done) });
    if (status !== 'streaming') patch(draft, slot, { status: 'streaming', end: undefined, at });
  }
  writeText(draft, slot, index, text, how);
}

/** Handles a complete or (`failed`) missing transcript of a spoken turn. A transcript takes precedence over a failure. */
export function endTranscript(draft: Draft, slot: number, how: 'done' | 'failed'): void {
  if (slot < 0) return;
  const { status, parts } = itemAt(draft, slot);
  const whole = parts.some(({ done }) => done);
  if (how === 'failed') patch(draft, slot, { dropped: false });
  if (status === 'streaming') finishTurn(draft, slot, how);
  else if (status !== 'interrupted' && whole === (how === 'done')) patch(draft, slot, { end: how, status: how });
}

/** Links an item to its response. */
export function linkToResponse(draft: Draft, slot: number, response: unknown, output: unknown): void {
  if (slot < 0 || !isId(response) || itemAt(draft, slot).response !== undefined) return;
  const answer = answerOf(draft, response);
  patch(draft, slot, { response, output: indexOf(output), aside: answer?.aside ?? '' });
  if (itemAt(draft, slot).previous === undefined) placeBySibling(draft, slot);
  if (!answer?.end || itemAt(draft, slot).kind !== 'message') return;
  patch(draft, slot, { reason: answer.reason });
  finishTurn(draft, slot, answer.end);
}

/** Ends the generation of a turn; its status follows when its playback ends. A turn ends once. */
export function finishTurn(draft: Draft, slot: number, how: End): void {
  const item = itemAt(draft, slot);
  if (item.kind !== 'message' || item.status !== 'streaming') return;
  const end = item.end ?? how;
  const answer = item.voice && item.response !== undefined ? answerOf(draft, item.response) : undefined;
  if (answer?.playing) return patch(draft, slot, { end });
  patch(draft, slot, { end, status: end });
  // Cancelled before its playback started, by a server that reports playback: nothing was heard.
  if (end === 'interrupted' && answer && draft.reportsPlayback && answer.started === undefined) truncateToHeard(draft, slot, 0, 0);
}

/** Marks an answer as cut and keeps the heard text of one of its parts. */
export function truncateToHeard(draft: Draft, slot: number, milliseconds: number, part: number): void {
  const { parts, audio } = itemAt(draft, slot);
  const text = parts[part]?.text ?? '';
  const pace = audio > 0 ? text.length / audio : (draft.pace ?? defaultSpeechPace(text));
  patch(draft, slot, { keep: Math.max(0, Math.round(milliseconds * pace)), cutPart: part, end: 'interrupted', status: 'interrupted' });
}

const answersOpen = (draft: Draft, response: string): readonly number[] =>
  draft.open.filter((slot) => itemAt(draft, slot).response === response);

/** The server started to play a response. Playback of earlier responses has ended, even if that was not reported. */
export function startPlayback(draft: Draft, response: string, at: number): void {
  draft.reportsPlayback = true;
  for (const answer of draft.answers) if (answer.playing && answer.id !== response) endPlayback(draft, answer.id);
  noteAnswer(draft, response, { started: at, playing: true });
}

/** The playback of a response ended. `playedUntil`: it was played to its end at that time, and the pace is learned from it. */
export function endPlayback(draft: Draft, response: string, playedUntil?: number): void {
  const answer = noteAnswer(draft, response, { playing: false });
  let characters = 0;
  for (const slot of answersOpen(draft, response)) {
    const item = itemAt(draft, slot);
    if (item.voice) characters += textOf(item).length;
    if (item.end) finishTurn(draft, slot, item.end);
  }
  if (playedUntil !== undefined && answer.started !== undefined)
    draft.pace = measuredSpeechPace(characters, playedUntil - answer.started) ?? draft.pace;
}

/** The playback of a response was cut. A cut that the server reported in milliseconds is not overwritten. */
export function cutPlayback(draft: Draft, response: string, at: number): void {
  const { started } = noteAnswer(draft, response, { playing: false });
  draft.reportsPlayback = true;
  for (const slot of answersOpen(draft, response)) cut(draft, slot, started, at);
}

function cut(draft: Draft, slot: number, started: number | undefined, at: number): void {
  const { kind, voice } = itemAt(draft, slot);
  if (kind !== 'message') return;
  if (voice && started !== undefined) truncateToHeard(draft, slot, at - started, 0);
  else patch(draft, slot, { end: 'interrupted', status: 'interrupted' });
}

/** Whether an item of this response arrived after the item in a slot. */
function precedes(draft: Draft, slot: number, response: string | undefined): boolean {
  for (let later = draft.size; --later > slot;) if (response !== undefined && itemAt(draft, later).response === response) return true;
  return false;
}

/** A response ended: closes its open items, and spoken turns whose transcript is overdue. */
export function endResponse(draft: Draft, response: string | undefined, { end, reason, incomplete }: AnswerEnd, at: number): void {
  if (response !== undefined) noteAnswer(draft, response, { end, reason });
  for (const slot of draft.open) {
    const item = itemAt(draft, slot);
    if (item.kind === 'message' && item.role === 'user') {
      const worded = textOf(item).trim() !== '';
      const patience = draft.transcribes || worded ? TRANSCRIPT_PATIENCE : 0;
      if ((item.listed || worded) && at - item.at >= patience) finishTurn(draft, slot, 'done');
      // Speech that was neither committed nor transcribed by the end of a later answer was noise; a transcript would restore it.
      if (!item.listed && item.parts.length === 0 && end === 'done' && precedes(draft, slot, response))
        patch(draft, slot, { dropped: true });
    } else if (item.response === response || item.response === undefined) {
      if (item.kind === 'message') {
        patch(draft, slot, { reason });
        finishTurn(draft, slot, end);
      } else if (item.kind === 'call' && item.step === 'streaming') patch(draft, slot, { step: end === 'done' ? 'running' : 'failed' });
    }
  }
  if (incomplete && response !== undefined) markCut(draft, response, reason);
}

/** Marks a response that a limit cut, also if the server marks each of its items as complete. */
function markCut(draft: Draft, response: string, reason: string | undefined): void {
  const items = slotsOf(draft, response);
  const cutOff = ({ kind, step, end }: Item): boolean => (kind === 'call' ? step === 'failed' : end !== 'done');
  const last = items.find((slot) => itemAt(draft, slot).message);
  if (last === undefined || items.some((slot) => cutOff(itemAt(draft, slot)))) return;
  const { status } = itemAt(draft, last);
  patch(draft, last, { end: 'failed', reason, status: status === 'done' ? 'failed' : status });
}

/** Handles a hang-up: closes all open items. An answer that is being played is cut to what was heard. */
export function hangUp(draft: Draft, at: number): void {
  for (const slot of draft.open) {
    const item = itemAt(draft, slot);
    const answer: Answer | undefined = item.response === undefined ? undefined : answerOf(draft, item.response);
    if (item.kind === 'call') patch(draft, slot, { step: item.step === 'waiting' ? 'denied' : 'failed' });
    else if (item.role === 'user') {
      if (item.listed || textOf(item).trim() !== '') patch(draft, slot, { end: 'done', status: 'done' });
      else patch(draft, slot, { gone: true });
    } else if (answer?.playing) {
      const whole = textOf(item);
      cut(draft, slot, answer.started, at);
      // It was generated completely and, by the estimate, played to its last word.
      if (item.end && textOf(itemAt(draft, slot)) === whole) patch(draft, slot, { end: item.end, status: item.end });
    } else finishTurn(draft, slot, item.end ?? 'interrupted');
  }
}
