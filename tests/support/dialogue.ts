/**
 * Sends a conversation to the widget event by event, as the server would, but without audio: each moment lasts until
 * the test continues, so that checks do not depend on the length of a sentence.
 */
import type { SandboxCall } from '../../src/sandbox/index.js';

/** A finished turn. */
export interface Turn {
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

/** Sends the events of a conversation to one call. */
export class Dialogue {
  readonly #call: SandboxCall;
  #count = 0;
  #last: string | null = null;

  constructor(call: SandboxCall) {
    this.#call = call;
  }

  /** The visitor starts speaking; returns the turn's id. */
  userBegins(): string {
    const id = this.#newId('user');
    this.#send('input_audio_buffer.speech_started', { item_id: id, audio_start_ms: 100 });
    return id;
  }

  /** The visitor has stopped; answer and transcript are pending. */
  userEnds(id: string): void {
    this.#send('input_audio_buffer.speech_stopped', { item_id: id, audio_end_ms: 900 });
    this.#send('input_audio_buffer.committed', { item_id: id, previous_item_id: this.#last });
    this.#enter(id, { role: 'user', status: 'completed', content: [{ type: 'input_audio', transcript: null }] });
  }

  /** The transcript of the visitor's turn arrives. */
  transcribe(id: string, text: string): void {
    this.#send('conversation.item.input_audio_transcription.completed', {
      item_id: id,
      content_index: 0,
      transcript: text,
      usage: { type: 'duration', seconds: 1 },
    });
  }

  /** A delta of that transcript arrives during transcription. */
  writes(id: string, delta: string): void {
    this.#send('conversation.item.input_audio_transcription.delta', { item_id: id, content_index: 0, delta });
  }

  /** The visitor's turn could not be transcribed. */
  failToTranscribe(id: string): void {
    this.#send('conversation.item.input_audio_transcription.failed', {
      item_id: id,
      content_index: 0,
      error: { type: 'transcription_error', code: 'audio_unintelligible', message: 'The audio could not be transcribed.' },
    });
  }

  /** A complete spoken turn of the visitor. */
  userSays(text: string): void {
    const id = this.userBegins();
    this.userEnds(id);
    this.transcribe(id, text);
  }

  /** The agent starts speaking these words; returns the answer's id. */
  agentBegins(text: string): string {
    const id = this.#newId('agent');
    const response_id = `resp_${id}`;
    this.#send('response.created', { response: { object: 'realtime.response', id: response_id, status: 'in_progress', output: [] } });
    const item = { role: 'assistant', status: 'in_progress', content: [] };
    this.#send('response.output_item.added', {
      response_id,
      output_index: 0,
      item: { id, object: 'realtime.item', type: 'message', ...item },
    });
    this.#enter(id, item, false);
    const part = { response_id, item_id: id, output_index: 0, content_index: 0 };
    this.#send('response.content_part.added', { ...part, part: { type: 'audio', transcript: '' } });
    this.#send('output_audio_buffer.started', { response_id });
    this.#send('response.output_audio_transcript.delta', { ...part, delta: text });
    return id;
  }

  /** More words of a running answer. */
  agentGoesOn(id: string, delta: string): void {
    this.#send('response.output_audio_transcript.delta', {
      response_id: `resp_${id}`,
      item_id: id,
      output_index: 0,
      content_index: 0,
      delta,
    });
  }

  /** The answer is generated but still playing. */
  agentIsMade(id: string, text: string): void {
    const response_id = `resp_${id}`;
    const item = { role: 'assistant', status: 'completed', content: [{ type: 'output_audio', transcript: text }] };
    const whole = { id, object: 'realtime.item', type: 'message', ...item };
    this.#send('response.output_audio_transcript.done', { response_id, item_id: id, output_index: 0, content_index: 0, transcript: text });
    this.#send('response.output_item.done', { response_id, output_index: 0, item: whole });
    this.#send('conversation.item.done', { item: whole });
    this.#send('response.done', { response: { object: 'realtime.response', id: response_id, status: 'completed', output: [whole] } });
  }

  /** The answer has finished playing. */
  agentEnds(id: string, text: string): void {
    this.agentIsMade(id, text);
    this.#send('output_audio_buffer.stopped', { response_id: `resp_${id}` });
  }

  /** The server has cut the answer after this many milliseconds of audio. */
  agentIsCut(id: string, audio_end_ms: number): void {
    this.#send('conversation.item.truncated', { item_id: id, content_index: 0, audio_end_ms });
    this.#send('output_audio_buffer.cleared', { response_id: `resp_${id}` });
  }

  /** A complete spoken turn of the agent. */
  agentSays(text: string): void {
    this.agentEnds(this.agentBegins(text), text);
  }

  /** Several complete turns. */
  sendTurns(turns: readonly Turn[]): void {
    for (const { role, text } of turns) {
      if (role === 'user') this.userSays(text);
      else this.agentSays(text);
    }
  }

  /** A non-fatal error from the server. */
  complain(code = 'server_overloaded'): void {
    this.#send('error', { error: { type: 'server_error', code, message: 'Something went wrong.', param: null, event_id: null } });
  }

  #enter(id: string, item: Record<string, unknown>, whole = true): void {
    const event = { previous_item_id: this.#last, item: { id, object: 'realtime.item', type: 'message', ...item } };
    this.#send('conversation.item.added', event);
    if (whole) this.#send('conversation.item.done', event);
    this.#last = id;
  }

  #newId(who: string): string {
    return `${who}_${String(++this.#count)}`;
  }

  #send(type: string, fields: Record<string, unknown>): void {
    this.#call.sendEvent({ type, ...fields });
  }
}
