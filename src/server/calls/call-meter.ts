/**
 * Meters one call in tokens and money, and reports when its caps are near. A response is billed in full once it started, so each response
 * counts with the most that it can use until the API reports its usage, and responses in parallel add up. The question is then whether
 * the next one still fits: it reads the conversation so far plus new input, and may be as long as the session allows.
 *
 * Owns the counts. Does not end the call; duration and silence are in `call-timers.ts`.
 */
import { priceOf } from '../contract/price-of.js';
import type { TokenPrices } from '../options.js';
import type { Amounts } from '../contract/shared-state.js';
import { MAX_ANSWER_TOKENS } from './brokered-session.js';
import type { RealtimeEvent } from './sideband.js';
import { NO_USAGE, TOKENS_PER_SECOND, addUsage, microsOf, rereadUsage, readUsage, tokensOf } from './usage.js';
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

/** What a response, or all of them, cost. */
type Cost = Pick<Amounts, 'tokens' | 'micros'>;

/** Upper estimate of the tokens of an image; the API's pricing guide lists fewer for every size. */
const IMAGE_TOKENS = 1_600;
/** Bytes of text counted as one token; typical text has three to five. */
const TOKEN_BYTES = 2;
/** The largest context window of a Realtime model: the most that a response with an input of its own can read. */
const MAX_CONTEXT_TOKENS = 128_000;

/** See the head of the file. */
export class CallMeter {
  readonly #setup: CallMeterSetup;
  /** The most that each response in progress can cost, by response ID. */
  readonly #inProgress = new Map<string, Cost>();
  /** Responses that were counted although their usage was not reported. */
  readonly #counted = new Set<string>();
  #tokens: number;
  #micros: number;
  /** Earlier conversation that the next response reads again. */
  #history: Usage;
  /** Input since the last response. */
  #newInput: Usage = NO_USAGE;
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

  /** Tokens and money so far, without responses in progress. */
  get spent(): Cost {
    return { tokens: this.#tokens, micros: this.#micros };
  }

  /** Reads an event; returns its cost, or `undefined` if it has none. `now`: milliseconds. */
  handleEvent(event: RealtimeEvent, now: number): Cost | undefined {
    switch (event.type) {
      case 'session.created':
      case 'session.updated':
        this.#readSession(event['session']);
        return undefined;
      case 'response.created':
        this.#responseCreated(event['response']);
        return undefined;
      case 'response.done':
        return this.#responseDone(event['response']);
      case 'conversation.item.input_audio_transcription.completed':
        return this.#addUsage(readUsage(event['usage']), priceOf(this.#setup.prices, this.#transcriber) ?? this.#prices);
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

  /** Counts the responses in progress, whose end will not be received: the call ends, or the sideband was detached. */
  countUnreported(): Cost | undefined {
    if (this.#inProgress.size === 0) return undefined;
    const { tokens, micros } = this.#committed;
    for (const id of this.#inProgress.keys()) this.#counted.add(id);
    this.#inProgress.clear();
    return this.#add({ tokens: tokens - this.#tokens, micros: micros - this.#micros });
  }

  /** Room that the caps leave for further responses. */
  get room(): Room {
    const { tokens = Infinity, micros = Infinity } = this.#setup.limits;
    if (tokens === Infinity && micros === Infinity) return 'enough';
    const committed = this.#committed;
    const next = this.#mostOf(this.#nextInput, this.#maxOutput);
    const fits = (responses: number): boolean =>
      committed.tokens + responses * next.tokens <= tokens && committed.micros + responses * next.micros <= micros;
    // A response in progress may end the conversation if it fits itself.
    const others = this.#inProgress.size > 0 ? 0 : 1;
    return fits(others + 1) ? 'enough' : fits(others) ? 'last' : 'none';
  }

  get #prices(): TokenPrices | undefined {
    return priceOf(this.#setup.prices, this.#model);
  }

  /** What was spent, and the most that the responses in progress can cost. */
  get #committed(): Cost {
    let { tokens, micros } = this.spent;
    for (const cost of this.#inProgress.values()) {
      tokens += cost.tokens;
      micros += cost.micros;
    }
    return { tokens, micros };
  }

  /** What a response in the conversation reads: all of it, at the uncached price. */
  get #nextInput(): Cost {
    const read = addUsage(this.#history, this.#newInput);
    return { tokens: tokensOf(read), micros: microsOf(read, this.#prices) };
  }

  /**
   * What a response outside of the conversation may read. The API does not report its input, which can be inline or repeat items of the
   * conversation, so it counts as a full context at the dearest price.
   */
  get #unknownInput(): Cost {
    const { textInput = 0, audioInput = 0, imageInput = 0 } = this.#prices ?? {};
    return { tokens: MAX_CONTEXT_TOKENS, micros: Math.ceil(MAX_CONTEXT_TOKENS * Math.max(textInput, audioInput, imageInput)) };
  }

  #mostOf(input: Cost, output: number): Cost {
    const { audioOutput = 0, textOutput = 0 } = this.#prices ?? {};
    return { tokens: input.tokens + output, micros: input.micros + Math.ceil(output * Math.max(audioOutput, textOutput)) };
  }

  #responseCreated(response: unknown): void {
    const { conversation_id, max_output_tokens } = (response ?? {}) as { conversation_id?: unknown; max_output_tokens?: unknown };
    const output = typeof max_output_tokens === 'number' ? max_output_tokens : this.#maxOutput;
    this.#inProgress.set(idOf(response), this.#mostOf(conversation_id === null ? this.#unknownInput : this.#nextInput, output));
  }

  #responseDone(response: unknown): Cost | undefined {
    const id = idOf(response);
    const most = this.#inProgress.get(id);
    this.#inProgress.delete(id);
    const { usage: reported, conversation_id, status } = (response ?? {}) as Readonly<Record<string, unknown>>;
    const usage = readUsage(reported);
    // A response outside the conversation is not read again.
    if (usage && conversation_id !== null) {
      this.#history = rereadUsage(usage);
      this.#newInput = NO_USAGE;
    }
    if (this.#counted.delete(id)) return undefined;
    // A response that was cut off is billed, too. One that failed without usage did not start.
    if (!usage) return most && status !== 'failed' ? this.#add(most) : undefined;
    return this.#addUsage(usage, this.#prices);
  }

  #addUsage(usage: Usage | undefined, prices: TokenPrices | undefined): Cost | undefined {
    return usage && this.#add({ tokens: tokensOf(usage), micros: microsOf(usage, prices) });
  }

  #add(cost: Cost): Cost {
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
