/**
 * Meters one call in tokens and money, and reports when its caps are near. A response is billed in full once it started, so the
 * question is whether the next one still fits: it reads the conversation so far plus new input, and may be as long as the session
 * allows.
 *
 * Owns the counts. Does not end the call; duration and silence are in `call-timers.ts`.
 */
import type { TokenPrices } from '../options.js';
import type { Amounts } from '../contract/shared-state.js';
import { MAX_ANSWER_TOKENS } from './brokered-session.js';
import type { RealtimeEvent } from './sideband.js';
import { NO_USAGE, TOKENS_PER_SECOND, addUsage, microsOf, outputOf, rereadUsage, readUsage, tokensOf } from './usage.js';
import type { Usage } from './usage.js';
import type { Profile } from '../resolved-options.js';

/** Options of a meter. */
export interface CallMeterSetup {
  readonly limits: Pick<Profile['limits'], 'tokens' | 'micros'>;
  /** Prices by model. */
  readonly prices: Readonly<Record<string, TokenPrices>>;
  /** The session with which the call started. */
  readonly session: Readonly<Record<string, unknown>>;
  /** Usage metered by a previous watcher. */
  readonly spent: Amounts;
}

/** Room that the caps leave: for two more responses, for one, or for none. */
export type Room = 'enough' | 'last' | 'none';

/** Upper estimate of the tokens of an image; the API's pricing guide lists fewer for every size. */
const IMAGE_TOKENS = 1_600;
/** Bytes of text counted as one token; typical text has three to five. */
const TOKEN_BYTES = 2;

/** See the head of the file. */
export class CallMeter {
  readonly #setup: CallMeterSetup;
  readonly #responses = new Set<string>();
  #tokens: number;
  #micros: number;
  /** Earlier conversation that the next response reads again. */
  #history: Usage;
  /** Input since the last response. */
  #newInput: Usage = NO_USAGE;
  #largestOutput = 0;
  #model: string;
  #transcriber = '';
  #maxOutput = MAX_ANSWER_TOKENS;
  #speechStart: number | undefined;

  constructor(setup: CallMeterSetup) {
    this.#setup = setup;
    this.#tokens = setup.spent.tokens;
    this.#micros = setup.spent.micros;
    const { instructions, tools, model } = setup.session;
    this.#model = textOf(model);
    this.#history = textUsage(`${textOf(instructions)}${tools === undefined ? '' : JSON.stringify(tools)}`);
    this.#readSession(setup.session);
  }

  /** Tokens and money so far. */
  get spent(): Pick<Amounts, 'tokens' | 'micros'> {
    return { tokens: this.#tokens, micros: this.#micros };
  }

  /** Estimated cost of the responses in progress, for a call that is cut off. */
  get inProgress(): Pick<Amounts, 'tokens' | 'micros'> {
    const missed = this.#unreportedCost();
    return { tokens: missed.tokens * this.#responses.size, micros: missed.micros * this.#responses.size };
  }

  /** Reads an event; returns its cost, or `undefined` if it has none. `now`: milliseconds. */
  handleEvent(event: RealtimeEvent, now: number): Pick<Amounts, 'tokens' | 'micros'> | undefined {
    switch (event.type) {
      case 'session.created':
      case 'session.updated':
        this.#readSession(event['session']);
        return undefined;
      case 'response.created':
        this.#responses.add(idOf(event['response']));
        return undefined;
      case 'response.done':
        return this.#responseDone(event['response']);
      case 'conversation.item.input_audio_transcription.completed':
        return this.#addCost(readUsage(event['usage']), this.#setup.prices[this.#transcriber] ?? this.#prices);
      case 'input_audio_buffer.speech_started':
        this.#speechStart = now;
        return undefined;
      case 'input_audio_buffer.speech_stopped':
      case 'input_audio_buffer.committed':
        this.#speechEnded(now);
        return undefined;
      case 'conversation.item.added':
      case 'conversation.item.created':
        this.#newInput = addUsage(this.#newInput, itemUsage(event['item']));
    }
    return undefined;
  }

  /** Counts responses whose end was not received, such as while the sideband was detached, with the largest output so far. */
  countUnreported(): Pick<Amounts, 'tokens' | 'micros'> | undefined {
    if (this.#responses.size === 0) return undefined;
    const { tokens, micros } = this.inProgress;
    this.#responses.clear();
    this.#tokens += tokens;
    this.#micros += micros;
    return { tokens, micros };
  }

  /** Room that the caps leave for further responses. */
  get room(): Room {
    const { tokens = Infinity, micros = Infinity } = this.#setup.limits;
    if (tokens === Infinity && micros === Infinity) return 'enough';
    const { tokens: next, micros: nextMicros } = this.#nextCost();
    const several = Math.max(1, this.#responses.size);
    const fits = (answers: number): boolean => this.#tokens + answers * next <= tokens && this.#micros + answers * nextMicros <= micros;
    return fits(several + 1) ? 'enough' : fits(several) ? 'last' : 'none';
  }

  get #prices(): TokenPrices | undefined {
    const { prices } = this.#setup;
    // The session can name a dated version of a model whose family the owner configured.
    const family = Object.keys(prices).filter((name) => this.#model === name || this.#model.startsWith(`${name}-`));
    return prices[family.sort((one, other) => other.length - one.length)[0] ?? ''];
  }

  #nextCost(): { tokens: number; micros: number } {
    const read = addUsage(this.#history, this.#newInput);
    const { audioOutput = 0, textOutput = 0 } = this.#prices ?? {};
    return {
      tokens: tokensOf(read) + this.#maxOutput,
      micros: microsOf(read, this.#prices) + Math.ceil(this.#maxOutput * Math.max(audioOutput, textOutput)),
    };
  }

  #unreportedCost(): { tokens: number; micros: number } {
    const read = addUsage(this.#history, this.#newInput);
    const { audioOutput = 0, textOutput = 0 } = this.#prices ?? {};
    const written = this.#largestOutput === 0 ? this.#maxOutput : this.#largestOutput;
    return {
      tokens: tokensOf(read) + written,
      micros: microsOf(read, this.#prices) + Math.ceil(written * Math.max(audioOutput, textOutput)),
    };
  }

  #responseDone(response: unknown): Pick<Amounts, 'tokens' | 'micros'> | undefined {
    this.#responses.delete(idOf(response));
    const { usage: reported, conversation_id } = (response ?? {}) as { usage?: unknown; conversation_id?: unknown };
    const usage = readUsage(reported);
    if (!usage) return undefined;
    this.#largestOutput = Math.max(this.#largestOutput, outputOf(usage));
    // A response outside the conversation is not read again.
    if (conversation_id !== null) {
      this.#history = rereadUsage(usage);
      this.#newInput = NO_USAGE;
    }
    return this.#addCost(usage, this.#prices);
  }

  #addCost(usage: Usage | undefined, prices: TokenPrices | undefined): Pick<Amounts, 'tokens' | 'micros'> | undefined {
    if (!usage) return undefined;
    const cost = { tokens: tokensOf(usage), micros: microsOf(usage, prices) };
    this.#tokens += cost.tokens;
    this.#micros += cost.micros;
    return cost;
  }

  #speechEnded(now: number): void {
    if (this.#speechStart === undefined) return;
    const seconds = Math.max(0, now - this.#speechStart) / 1000;
    this.#speechStart = undefined;
    this.#newInput = addUsage(this.#newInput, { ...NO_USAGE, audioInput: Math.ceil(seconds * TOKENS_PER_SECOND) });
  }

  #readSession(session: unknown): void {
    const { model, max_output_tokens, audio } = (session ?? {}) as {
      model?: unknown;
      max_output_tokens?: unknown;
      audio?: { input?: { transcription?: { model?: unknown } | null } };
    };
    if (typeof model === 'string') this.#model = model;
    if (max_output_tokens !== undefined) this.#maxOutput = typeof max_output_tokens === 'number' ? max_output_tokens : MAX_ANSWER_TOKENS;
    const transcriber = audio?.input?.transcription?.model;
    if (typeof transcriber === 'string') this.#transcriber = transcriber;
  }
}

const idOf = (response: unknown): string => String((response as { id?: unknown } | null)?.id);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const textUsage = (text: string): Usage => ({ ...NO_USAGE, textInput: Math.ceil(new TextEncoder().encode(text).length / TOKEN_BYTES) });

/** Estimated usage of an item that a client created; items of responses are part of the responses' usage. */
function itemUsage(item: unknown): Usage {
  const { type, role, content, output } = (item ?? {}) as { type?: unknown; role?: unknown; content?: unknown; output?: unknown };
  if (type === 'function_call_output') return textUsage(textOf(output));
  if (type !== 'message' || !Array.isArray(content)) return NO_USAGE;
  const parts = content as ({ type?: unknown; text?: unknown } | null)[];
  const text = parts.map((part) => textOf(part?.text)).join('');
  const images = parts.filter((part) => part?.type === 'input_image').length;
  return role === 'assistant' && text === '' ? NO_USAGE : { ...textUsage(text), imageInput: images * IMAGE_TOKENS };
}
