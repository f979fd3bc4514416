/**
 * The reducer: (state, event, time) → state. Owns the meaning of each server event for the transcript; pure, apart from a memo
 * that does not affect results. Unknown events leave the state unchanged, invalid fields are counted and dropped.
 * Source of the events: the GA server events of the Realtime API (`conversation.item.created` is still declared there).
 */
import { fieldsOf, type Fields } from '../contract/fields.js';
import type { ToolCall } from '../contract/messages.js';
import type { RealtimeEvent } from '../contract/options.js';
import { answerEndOf, errorOf } from '../contract/server-error.js';
import { indexOf, isAudio, isId, listOf } from './item.js';
import { setCallStatus, applyItemPayload } from './item-payload.js';
import type { ItemEventKind } from './item-payload.js';
import { updateMcpStatus } from './mcp-items.js';
import { appendItem, placeInOrder } from './order.js';
import { emptyState, find, itemAt, malformed, noteAnswer, patch, without } from './state.js';
import type { Draft, State } from './state.js';
import {
  endResponse,
  linkToResponse,
  endTranscript,
  hangUp,
  truncateToHeard,
  applyTranscript,
  cutPlayback,
  endPlayback,
  startPlayback,
  turnSlot,
  itemSlot,
  writeText,
} from './turns.js';

/** Maximum number of remembered items that were sent to be inserted at the beginning. */
const MAX_ROOTED = 64;

/** Runs one step on a copy of the state; returns the same state if nothing changed. */
function step(state: State, work: (draft: Draft) => void): State {
  const draft: Draft = { ...state, changed: [] };
  work(draft);
  for (const key in draft) {
    if (key !== 'changed' && draft[key as keyof State] !== state[key as keyof State]) return draft;
  }
  return state;
}

/** Processes one server event; `at` is the time of its arrival in milliseconds. */
export const reduce = (state: State, event: RealtimeEvent, at: number): State => step(state, (draft) => apply(draft, fieldsOf(event), at));

/** Adds a typed turn, shown at once; the server's `conversation.item.added` with the same id confirms and places it. */
export const addUserText = (state: State, id: string, text: string, at: number): State =>
  step(state, (draft) => {
    if (!isId(id) || find(draft, id) >= 0) return;
    const slot = appendItem(draft, id, at);
    patch(draft, slot, { kind: 'message', role: 'user', end: 'done', status: 'done' });
    writeText(draft, slot, 0, text, 'final');
    draft.unconfirmed = [...draft.unconfirmed, slot];
  });

/** Adds an item that will be sent but is not a turn of the visitor: it has a place in the order, and is never shown. */
export const hideItem = (state: State, id: string, at: number): State =>
  step(state, (draft) => {
    if (isId(id)) patch(draft, itemSlot(draft, id, at), { hidden: true, status: 'done' });
  });

/** Marks a typed turn as failed because the server rejected it. */
export const failUserText = (state: State, id: string): State =>
  step(state, (draft) => {
    const slot = find(draft, id);
    if (!draft.unconfirmed.includes(slot)) return;
    draft.unconfirmed = without(draft.unconfirmed, slot);
    patch(draft, slot, { end: 'failed', status: 'failed' });
  });

/**
 * Processes a client event that affects the meaning of later server events: an item is inserted at the beginning (the server then
 * sends `null` for its predecessor), or an out-of-band response is requested.
 */
export const noteSent = (state: State, event: RealtimeEvent): State =>
  step(state, (draft) => {
    const { id } = fieldsOf(event['item']);
    if (event.type === 'conversation.item.create' && event['previous_item_id'] === 'root' && isId(id)) {
      draft.rooted = [...draft.rooted.filter((other) => other !== id), id].slice(-MAX_ROOTED);
    }
    if (event.type === 'response.create' && fieldsOf(event['response'])['conversation'] === 'none')
      draft.asked = [...draft.asked, event['event_id']];
  });

/** Sets the status of a function call. */
export const settleCall = (state: State, callId: string, how: ToolCall['status']): State =>
  step(state, (draft) => setCallStatus(draft, callId, how));

/** Ends the connection: closes open turns; later events belong to another connection, of the same call if it `goesOn`. */
export const endCall = (state: State, at: number, goesOn: boolean): State =>
  step(state, (draft) => {
    hangUp(draft, at);
    const { answers, asked, waiting, unconfirmed, rooted, first, reportsPlayback, transcribes, audioRate } = emptyState();
    Object.assign(draft, { answers, asked, waiting, unconfirmed, rooted, first, reportsPlayback, transcribes, audioRate });
    draft.floor = draft.order.at(-1) ?? -1;
    draft.settled = draft.size;
    if (!goesOn) draft.origin = draft.size;
  });

/** Clears the conversation, also during a call; keeps the state of the call itself. */
export function clear(state: State): State {
  const { answers, asked, pace, reportsPlayback, transcribes, audioRate, malformed: dropped } = state;
  return { ...emptyState(), answers, asked, pace, reportsPlayback, transcribes, audioRate, malformed: dropped };
}

function apply(draft: Draft, event: Fields, at: number): void {
  const {
    type,
    item_id: id,
    response_id: response,
    output_index: output,
    content_index: index,
    previous_item_id: previous,
    audio_end_ms: heard,
    delta,
  } = event;
  const payload = (occasion: ItemEventKind): number => {
    const slot = applyItemPayload(draft, event['item'], occasion, at);
    if (slot >= 0) placeInOrder(draft, slot, previous);
    return slot;
  };
  const answer = (voice: boolean): number => {
    const slot = turnSlot(draft, id, 'assistant', at);
    if (slot >= 0 && voice) patch(draft, slot, { voice });
    linkToResponse(draft, slot, response, output);
    return slot;
  };
  const call = (): number => {
    const slot = itemSlot(draft, id, at);
    if (slot < 0 || itemAt(draft, slot).kind === 'message') return malformed(draft);
    const { callId, name } = itemAt(draft, slot);
    const { call_id: sentId, name: sentName } = event;
    patch(draft, slot, { kind: 'call', callId: isId(sentId) ? sentId : callId, name: isId(sentName) ? sentName : name });
    linkToResponse(draft, slot, response, output);
    return slot;
  };
  let slot: number;

  switch (type) {
    case 'session.created':
    case 'session.updated':
      return configure(draft, fieldsOf(event['session']));

    case 'input_audio_buffer.speech_started':
      dropUncommitted(draft, id);
      turnSlot(draft, id, 'user', at, true);
      return;
    case 'input_audio_buffer.committed':
      slot = turnSlot(draft, id, 'user', at, true);
      if (slot < 0) return;
      patch(draft, slot, { listed: true, at });
      return placeInOrder(draft, slot, previous);
    case 'input_audio_buffer.cleared':
      return dropUncommitted(draft, undefined);
    case 'input_audio_buffer.timeout_triggered':
      // The turn that follows contains only silence, so its text is known to be empty.
      return writeText(draft, turnSlot(draft, id, 'user', at), 0, '', 'final');

    case 'conversation.item.input_audio_transcription.delta':
      // `delta` is optional: an event with only log probabilities is valid.
      if (delta !== undefined) applyTranscript(draft, turnSlot(draft, id, 'user', at), index, delta, at);
      return;
    case 'conversation.item.input_audio_transcription.segment':
      return applyTranscript(draft, turnSlot(draft, id, 'user', at), index, event['text'], at, 'fill');
    case 'conversation.item.input_audio_transcription.completed':
      slot = turnSlot(draft, id, 'user', at);
      writeText(draft, slot, index, event['transcript'], 'final');
      return endTranscript(draft, slot, 'done');
    case 'conversation.item.input_audio_transcription.failed':
      return endTranscript(draft, turnSlot(draft, id, 'user', at), 'failed');

    case 'conversation.item.added':
    case 'conversation.item.created':
      return void payload('added');
    case 'conversation.item.done':
      return void payload('done');
    case 'conversation.item.retrieved':
      return void applyItemPayload(draft, event['item'], 'retrieved', at);
    case 'conversation.item.deleted':
      if (!isId(id)) return void malformed(draft);
      slot = find(draft, id);
      if (slot >= 0) patch(draft, slot, { gone: true });
      return;
    case 'conversation.item.truncated':
      slot = turnSlot(draft, id, 'assistant', at);
      if (slot < 0) return;
      if (!Number.isFinite(heard)) return void malformed(draft);
      return truncateToHeard(draft, slot, heard as number, indexOf(index));

    case 'response.created': {
      const { id: made, conversation_id: conversation } = fieldsOf(event['response']);
      if (!isId(made)) return;
      // `null` means out of band; transports correct servers that send `null` for unset fields.
      const own = conversation === null && draft.asked.length > 0;
      if (own) draft.asked = draft.asked.slice(1);
      return void noteAnswer(draft, made, { aside: own ? 'own' : conversation === null ? 'other' : '' });
    }
    case 'response.output_item.added':
    case 'response.output_item.done':
      return linkToResponse(draft, payload(type.endsWith('added') ? 'output-added' : 'output-done'), response, output);
    case 'response.content_part.added':
    case 'response.content_part.done': {
      const { type: kind, text, transcript } = fieldsOf(event['part']);
      const part = text ?? transcript;
      slot = answer(isAudio(kind));
      if (part !== undefined && part !== null) writeText(draft, slot, index, part, type.endsWith('added') ? 'fill' : 'final');
      return;
    }
    case 'response.output_text.delta':
    case 'response.output_audio_transcript.delta':
      return writeText(draft, answer(type !== 'response.output_text.delta'), index, delta, 'add');
    case 'response.output_text.done':
      return writeText(draft, answer(false), index, event['text'], 'final');
    case 'response.output_audio_transcript.done':
      return writeText(draft, answer(true), index, event['transcript'], 'final');
    case 'response.output_audio.delta':
      slot = answer(true);
      if (slot < 0) return;
      if (typeof delta !== 'string') return void malformed(draft);
      return patch(draft, slot, { audio: itemAt(draft, slot).audio + (delta.length * 0.75) / draft.audioRate });

    case 'response.mcp_call_arguments.delta':
    case 'response.function_call_arguments.delta':
      return writeText(draft, call(), 0, delta, 'add');
    case 'response.mcp_call_arguments.done':
    case 'response.function_call_arguments.done':
      // Also sent for cut responses: the call is complete with its item, not here.
      return writeText(draft, call(), 0, event['arguments'], 'final');

    case 'response.mcp_call.in_progress':
    case 'response.mcp_call.completed':
    case 'response.mcp_call.failed':
    case 'mcp_list_tools.failed':
      return updateMcpStatus(draft, type, id);

    case 'response.done': {
      const done = fieldsOf(event['response']);
      const { id: made, output: items } = done;
      for (const [place, item] of listOf(items).entries())
        linkToResponse(draft, applyItemPayload(draft, item, 'output-done', at), made, place);
      return endResponse(draft, isId(made) ? made : undefined, answerEndOf(done), at);
    }
    case 'output_audio_buffer.started':
    case 'output_audio_buffer.stopped':
    case 'output_audio_buffer.cleared':
      if (!isId(response)) return void malformed(draft);
      if (type.endsWith('started')) return startPlayback(draft, response, at);
      return type.endsWith('stopped') ? endPlayback(draft, response, at) : cutPlayback(draft, response, at);

    case 'error': {
      // A rejected request creates no response.
      const { about } = errorOf(event);
      if (about !== undefined && draft.asked.includes(about)) draft.asked = draft.asked.filter((id) => id !== about);
      return;
    }

    default:
      if (typeof type !== 'string') malformed(draft);
  }
}

/** Reads the relevant session settings. */
function configure(draft: Draft, session: Fields): void {
  const { input, output } = fieldsOf(session['audio']);
  const { transcription } = fieldsOf(input);
  if (transcription !== undefined) draft.transcribes = transcription !== null;
  const { type } = fieldsOf(fieldsOf(output)['format']);
  if (type !== undefined) draft.audioRate = type === 'audio/pcm' ? 48 : 8;
}

/**
 * Drops spoken turns that started and were never committed, because the server heard noise or its buffer was cleared. Turns with a
 * transcript are kept, because some servers never commit.
 */
function dropUncommitted(draft: Draft, but: unknown): void {
  for (const slot of draft.open) {
    const { kind, role, listed, parts, id } = itemAt(draft, slot);
    if (kind === 'message' && role === 'user' && !listed && parts.length === 0 && id !== but) patch(draft, slot, { dropped: true });
  }
}
