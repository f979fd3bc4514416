/**
 * Runs the responses of one session: one at a time in the conversation, any number out of band. Owns the
 * active-response rule, cancelling and limits; the agent decides the content and the item writer generates it.
 */
import { ApiError } from '../protocol/api-error.js';
import type { AgentTurn, ScriptedReply } from './session-script.js';
import type { Conversation, Entry } from './conversation.js';
import { newId } from '../protocol/ids.js';
import { Cancelled, writeItem } from './write-item.js';
import type { WriterTools } from './write-item.js';
import { responseSchema, itemSchema } from './session-schemas.js';
import { isRecord } from '../protocol/schema.js';
import type { StoredItem } from '../protocol/items.js';
import { ResponseState } from './response-state.js';
import type { ResponseSettings } from './response-state.js';
import type { SessionConfig } from './session-config.js';
import { responseUsage } from './usage.js';

/** Produces the reply for a turn. */
export type Think = (turn: AgentTurn, signal: AbortSignal) => Promise<ScriptedReply>;

/** What the runner needs from its session. */
export interface RunnerTools extends WriterTools {
  conversation: Conversation;
  config: () => SessionConfig;
  think: Think;
  /** Milliseconds between `response.created` and the first item, unless the reply sets its own. */
  thinkMs: number;
  /** Called when a response has ended, for whatever reason. */
  onDone: (state: ResponseState) => void;
}

/** The responses of one session. */
export class ResponseRunner {
  readonly #tools: RunnerTools;
  readonly #running = new Set<ResponseState>();
  #active: ResponseState | undefined;
  #count = 0;
  /** Entries that an earlier answer has read. */
  readonly #read = new WeakSet<Entry>();
  #spoke = false;

  constructor(tools: RunnerTools) {
    this.#tools = tools;
  }

  /** The response that is writing to the conversation. */
  get active(): ResponseState | undefined {
    return this.#active;
  }

  /** True once any response has produced audio; the voice is fixed from then on. */
  get hasSpoken(): boolean {
    return this.#spoke;
  }

  /**
   * Starts a response.
   *
   * @throws ApiError `conversation_already_has_active_response`, or for an unusable `params`.
   */
  create(params: unknown, cause: AgentTurn['cause']): ResponseState {
    if (params !== undefined && params !== null) responseSchema(params, 'response');
    const given = isRecord(params) ? params : {};
    const settings = this.#settings(given);
    if (settings.inConversation && this.#active !== undefined) {
      throw new ApiError({
        message: `Conversation already has an active response in progress: ${this.#active.id}. Wait until the response is finished before creating a new one.`,
        code: 'conversation_already_has_active_response',
      });
    }
    const { conversation, emit } = this.#tools;
    const read = given['input'] === undefined ? [...conversation.entries] : this.#ownInput(given['input'] as unknown[]);
    const state = new ResponseState(settings, read, conversation, emit);
    if (settings.inConversation) this.#active = state;
    this.#running.add(state);
    state.begin();
    // Documented to come "at the beginning of a response", with the output reserved.
    emit({ type: 'rate_limits.updated', rate_limits: this.#rateLimits() });
    void this.#run(state, this.#turn(given, read, cause));
    return state;
  }

  #settings(given: Record<string, unknown>): ResponseSettings {
    const config = this.#tools.config();
    const audio = isRecord(given['audio']) && isRecord(given['audio']['output']) ? given['audio']['output'] : {};
    const voice = (audio['voice'] ?? config.audio.output?.voice ?? 'marin') as string | { id: string };
    const modalities = (given['output_modalities'] ?? config.output_modalities ?? ['audio']) as ('audio' | 'text')[];
    return {
      modality: modalities[0] ?? 'audio',
      maxTokens: (given['max_output_tokens'] ?? config.max_output_tokens ?? 'inf') as number | 'inf',
      format: (audio['format'] ?? config.audio.output?.format ?? { type: 'audio/pcm', rate: 24_000 }) as ResponseSettings['format'],
      voice: typeof voice === 'string' ? voice : voice.id,
      metadata: (given['metadata'] ?? null) as ResponseSettings['metadata'],
      inConversation: given['conversation'] !== 'none',
      instructions: (given['instructions'] ?? config.instructions ?? '') as string,
    };
  }

  #ownInput(input: unknown[]): Entry[] {
    return input.map((value, index) => {
      if (isRecord(value) && value['type'] === 'item_reference') {
        return this.#tools.conversation.require(String(value['id']), 'retrieve');
      }
      itemSchema(value, `response.input[${String(index)}]`);
      return { item: { id: newId('item'), ...(value as object) } as StoredItem, audio: [] };
    });
  }

  #turn(given: Record<string, unknown>, read: readonly Entry[], cause: AgentTurn['cause']): AgentTurn {
    const config = this.#tools.config();
    const isOwn = ({ item }: Entry): boolean => item.role === 'assistant' || item.type === 'function_call' || item.type === 'mcp_call';
    const lastOwn = read.findLastIndex(isOwn);
    // Entries added during the last answer precede it in the conversation, but that answer did not read them.
    const late = (entry: Entry): boolean => this.#count > 0 && !this.#read.has(entry) && !isOwn(entry);
    const fresh = read.filter((entry, index) => index > lastOwn || late(entry));
    for (const entry of read) this.#read.add(entry);
    return {
      index: this.#count++,
      entries: read,
      fresh,
      instructions: given['instructions'] as string | undefined,
      tools: (given['tools'] ?? config.tools ?? []) as AgentTurn['tools'],
      toolChoice: (given['tool_choice'] ?? config.tool_choice ?? 'auto') as AgentTurn['toolChoice'],
      cause,
    };
  }

  async #run(state: ResponseState, turn: AgentTurn): Promise<void> {
    const { signal } = state.abort;
    try {
      const reply = await this.#tools.think(turn, signal);
      if (!(await this.#tools.timers.sleep(reply.thinkMs ?? this.#tools.thinkMs, signal))) return;
      for (const item of reply.items) {
        const complete = await writeItem(state, item, this.#tools);
        if (state.written.audio > 0) this.#spoke = true;
        if (!complete) {
          this.#finish(state, 'incomplete', { type: 'incomplete', reason: 'max_output_tokens' });
          return;
        }
      }
      if (reply.end?.status === 'failed') {
        const {
          code = 'server_error',
          message = 'The server had an error while processing your request.',
          type = 'server_error',
        } = reply.end;
        // The published type has no `message`; recorded failures do carry one.
        this.#finish(state, 'failed', { type: 'failed', error: { type, code, message } });
      } else if (reply.end?.status === 'incomplete') {
        this.#finish(state, 'incomplete', { type: 'incomplete', reason: reply.end.reason });
      } else {
        this.#finish(state, 'completed', null);
      }
    } catch (error) {
      if (error instanceof Cancelled || signal.aborted) return;
      const message = error instanceof Error ? error.message : String(error);
      this.#finish(state, 'failed', { type: 'failed', error: { type: 'server_error', code: 'server_error', message } });
    }
  }

  /** Cancels the response in the conversation, or the one with `id`; returns false if there is none. */
  cancel(reason: 'client_cancelled' | 'turn_detected', id?: string): boolean {
    const state = id === undefined ? this.#active : [...this.#running].find((one) => one.id === id);
    if (state === undefined) return false;
    state.abort.abort();
    if (state.written.audio > 0) this.#spoke = true;
    this.#finish(state, 'cancelled', { type: 'cancelled', reason });
    return true;
  }

  #finish(
    state: ResponseState,
    status: 'completed' | 'cancelled' | 'failed' | 'incomplete',
    details: Parameters<ResponseState['finish']>[1],
  ): void {
    if (state.status !== 'in_progress') return;
    if (this.#active === state) this.#active = undefined;
    this.#running.delete(state);
    state.finish(status, details, responseUsage(state.read, state.settings.instructions, state.written));
    this.#tools.playout?.complete(state.id);
    this.#tools.onDone(state);
  }

  #rateLimits(): { name: 'tokens'; limit: number; remaining: number; reset_seconds: number }[] {
    const limit = 40_000;
    return [{ name: 'tokens', limit, remaining: Math.max(0, limit - 400 * this.#count - 4_000), reset_seconds: 6.5 }];
  }

  /** Stops all responses without sending events, when the call has ended. */
  dispose(): void {
    for (const state of this.#running) state.abort.abort();
    this.#running.clear();
    this.#active = undefined;
  }
}
