/**
 * Generates the items of one reply at a model's pace: words with their audio, arguments in pieces, audio faster than
 * real time. Owns pace and content; `ResponseState` owns the events.
 */
import type { Timers } from '../clock.js';
import type { AudioEncoder } from './audio-format.js';
import { newId } from '../protocol/ids.js';
import { SAMPLE_RATE } from '../media/peer.js';
import type { Playout } from './playout.js';
import type { StoredItem } from '../protocol/items.js';
import type { UnsentEvent } from '../protocol/events.js';
import type { ResponseState } from './response-state.js';
import type { ReplyItem, SaidText } from './session-script.js';

/** Synthesises speech from text: 24 kHz mono PCM. */
export type Synthesise = (text: string) => Promise<Int16Array>;

/** What the writer needs from its call. */
export interface WriterTools {
  timers: Timers;
  now: () => number;
  emit: (event: UnsentEvent) => void;
  speak: Synthesise;
  /** Seconds of audio generated per second; `Infinity` generates it all at once. */
  speed: number;
  /** The output buffer of a WebRTC call. */
  playout?: Playout;
  /** Encodes the audio deltas of a WebSocket session. */
  encode?: AudioEncoder;
}

/** Thrown inside a running reply to abandon it after a cancel. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
}

/** Duration of the audio in one delta, in milliseconds. */
const CHUNK_MS = 100;
/** Words of text generated per second at speed 1. */
const WORDS_PER_SECOND = 8;

/** Generates one item; returns false if the token limit cut it off. */
export async function writeItem(state: ResponseState, item: ReplyItem, tools: WriterTools): Promise<boolean> {
  if ('call' in item) return writeCall(state, item, tools);
  if ('mcpCall' in item) return writeMcpCall(state, item, tools);
  if ('mcpApproval' in item) {
    state.openItem({
      id: newId('mcpr'),
      type: 'mcp_approval_request',
      server_label: item.server,
      name: item.mcpApproval,
      arguments: JSON.stringify(item.arguments ?? {}),
    });
    state.closeItem('completed');
    return true;
  }
  if ('text' in item) return writeWords(state, item.text, item.phase, tools);
  const spoken = 'message' in item ? item.message : [item];
  if (state.settings.modality === 'text') return writeWords(state, spoken.map((one) => one.say).join(' '), spoken[0]?.phase, tools);
  return writeSpeech(state, spoken, tools);
}

function freshMessage(phase: SaidText['phase']): StoredItem {
  return { id: newId('item'), object: 'realtime.item', type: 'message', role: 'assistant', ...(phase && { phase }), content: [] };
}

async function writeWords(state: ResponseState, text: string, phase: SaidText['phase'], tools: WriterTools): Promise<boolean> {
  state.openItem(freshMessage(phase));
  state.openPart('text');
  const pace = new Pace(state, tools);
  for (const [index, word] of wordsOf(text).entries()) {
    await pace.until((index * 1000) / WORDS_PER_SECOND);
    state.writeText(word);
    if (state.overLimit) return false;
  }
  state.closeItem('completed');
  return true;
}

async function writeSpeech(state: ResponseState, spoken: readonly SaidText[], tools: WriterTools): Promise<boolean> {
  const { id } = state.openItem(freshMessage(spoken[0]?.phase)).item;
  state.openPart('audio');
  let before = 0;
  const sentences = spoken.flatMap(sentencesOf);
  let coming = startSound(sentences[0], tools);
  let pace: Pace | undefined;
  for (const [index, sentence] of sentences.entries()) {
    const pcm = await coming;
    coming = startSound(sentences[index + 1], tools);
    pace ??= new Pace(state, tools);
    if (state.abort.signal.aborted) throw new Cancelled();
    const words = wordsOf(sentence.say, index > 0);
    const length = words.reduce((sum, word) => sum + word.length, 0);
    const chunk = (SAMPLE_RATE * CHUNK_MS) / 1000;
    let spokenCharacters = 0;
    let next = 0;
    for (let offset = 0; offset < pcm.length; offset += chunk) {
      await pace.until(((before + offset) * 1000) / SAMPLE_RATE);
      const end = Math.min(pcm.length, offset + chunk);
      for (let word = words[next]; word !== undefined && (spokenCharacters / length) * pcm.length < end; word = words[next]) {
        state.writeText(word);
        spokenCharacters += word.length;
        next++;
      }
      const part = pcm.slice(offset, end);
      state.writeAudio(part, tools.encode?.(part, state.settings.format));
      tools.playout?.push(state.id, id, 0, part);
      if (state.overLimit) return false;
    }
    for (const word of words.slice(next)) state.writeText(word);
    before += pcm.length;
  }
  state.closeItem('completed');
  return true;
}

/** Splits text into sentences that are synthesised one by one, so that the first sound does not wait for the last word. */
function sentencesOf(spoken: SaidText): SaidText[] {
  if (spoken.pcm !== undefined || spoken.tone !== undefined) return [spoken];
  return (spoken.say.match(/[\s\S]*?[.!?:…](?=\s|$)|[\s\S]+$/g) ?? [spoken.say]).map((say) => ({ say }));
}

/** Starts synthesising a sentence while the previous one is being generated. */
function startSound(sentence: SaidText | undefined, tools: WriterTools): Promise<Int16Array> {
  if (sentence === undefined) return Promise.resolve(new Int16Array(0));
  const sound = soundOf(sentence, tools);
  // Awaited in the next iteration; until then a rejection must not count as unhandled.
  sound.catch(() => undefined);
  return sound;
}

async function soundOf(sentence: SaidText, tools: WriterTools): Promise<Int16Array> {
  if (sentence.pcm !== undefined) return Int16Array.from(sentence.pcm);
  if (sentence.tone === undefined) return tools.speak(sentence.say);
  const { hz, ms, dbfs = -12 } = sentence.tone;
  const peak = 32_767 * 10 ** (dbfs / 20) * Math.SQRT2;
  const samples = new Int16Array(Math.round((ms * SAMPLE_RATE) / 1000));
  for (let index = 0; index < samples.length; index++) {
    samples[index] = Math.max(-32_768, Math.min(32_767, Math.round(peak * Math.sin((2 * Math.PI * hz * index) / SAMPLE_RATE))));
  }
  return samples;
}

async function writeCall(state: ResponseState, call: Extract<ReplyItem, { call: string }>, tools: WriterTools): Promise<boolean> {
  const callId = call.callId ?? newId('call');
  const text = typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments ?? {});
  const { item } = state.openItem({
    id: newId('item'),
    object: 'realtime.item',
    type: 'function_call',
    name: call.call,
    call_id: callId,
    arguments: '',
  });
  const pace = new Pace(state, tools);
  for (const [index, delta] of pieces(text).entries()) {
    await pace.until(index * 40);
    item.arguments = `${item.arguments ?? ''}${delta}`;
    tools.emit({ type: 'response.function_call_arguments.delta', ...state.place, call_id: callId, delta });
  }
  state.written.text += Math.ceil(text.length / 4);
  tools.emit({
    type: 'response.function_call_arguments.done',
    ...state.place,
    call_id: callId,
    name: call.call,
    arguments: text,
  });
  state.closeItem('completed');
  return true;
}

async function writeMcpCall(state: ResponseState, call: Extract<ReplyItem, { mcpCall: string }>, tools: WriterTools): Promise<boolean> {
  const text = JSON.stringify(call.arguments ?? {});
  const { item } = state.openItem({
    id: newId('mcp'),
    type: 'mcp_call',
    server_label: call.server,
    name: call.mcpCall,
    arguments: '',
    output: null,
    error: null,
    approval_request_id: null,
  });
  for (const delta of pieces(text)) {
    // The SDK's parser requires `obfuscation`; the API sends padding in it that clients ignore.
    tools.emit({ type: 'response.mcp_call_arguments.delta', ...state.place, delta, obfuscation: '' });
  }
  item.arguments = text;
  tools.emit({ type: 'response.mcp_call_arguments.done', ...state.place, arguments: text });
  const { item_id, output_index } = state.place;
  tools.emit({ type: 'response.mcp_call.in_progress', item_id, output_index });
  await new Pace(state, { ...tools, speed: 1 }).until(call.ms ?? 0);
  if (call.error === undefined) {
    item.output = call.output ?? '';
    tools.emit({ type: 'response.mcp_call.completed', item_id, output_index });
  } else {
    item.error = { type: 'tool_execution_error', message: call.error };
    tools.emit({ type: 'response.mcp_call.failed', item_id, output_index });
  }
  state.closeItem('completed');
  return true;
}

/** Splits text into words with their leading space, so that they concatenate to the text. */
function wordsOf(text: string, continued = false): string[] {
  const words = text.match(/\s*\S+/g) ?? [];
  return words.map((word, index) => (index === 0 && continued ? ` ${word.trimStart()}` : word));
}

function pieces(text: string): string[] {
  return text.match(/[\s\S]{1,12}/g) ?? [];
}

/** Waits for points in generated time, which runs faster than real time by `speed`. */
class Pace {
  readonly #state: ResponseState;
  readonly #tools: WriterTools;
  readonly #start: number;

  constructor(state: ResponseState, tools: WriterTools) {
    this.#state = state;
    this.#tools = tools;
    this.#start = tools.now();
  }

  /** Waits until `ms` of generated time have passed. @throws Cancelled */
  async until(ms: number): Promise<void> {
    const { signal } = this.#state.abort;
    const wait = this.#start + ms / this.#tools.speed - this.#tools.now();
    const full = wait < 1 ? !signal.aborted : await this.#tools.timers.sleep(wait, signal);
    if (!full || signal.aborted) throw new Cancelled();
  }
}
