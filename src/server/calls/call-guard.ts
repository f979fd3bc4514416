/**
 * Detects what the page of a brokered call is not allowed to do, in the events that the sideband receives.
 *
 * Owns the checks and their common view of the call. Does not end the call.
 */
import type { Profile } from '../resolved-options.js';
import type { CallMemory } from '../contract/shared-state.js';
import { ConversationResponses } from './conversation-responses.js';
import { ItemOrigins } from './item-origins.js';
import { PinnedSession } from './pinned-session.js';
import type { SessionTools } from './pinned-session.js';
import { overriddenField } from './response-overrides.js';
import { fieldsOf } from './session-values.js';
import type { Fields } from './session-values.js';
import type { RealtimeEvent } from './sideband.js';

/** Options of a guard. */
export interface CallGuardSetup {
  readonly profile: Profile;
  /** The session with which the call was placed. */
  readonly session: Fields;
  /** What a previous watcher learned. */
  readonly memory: CallMemory | undefined;
  /** Whether another watcher had the call before. */
  readonly adopted: boolean;
}

/** See the head of the file. */
export class CallGuard {
  readonly responses: ConversationResponses;
  readonly #profile: Profile;
  readonly #pinned: PinnedSession;
  readonly #items: ItemOrigins;

  constructor({ profile, session, memory, adopted }: CallGuardSetup) {
    this.#profile = profile;
    const missed = adopted || profile.answerBeforeSideband;
    this.responses = new ConversationResponses(missed);
    this.#pinned = new PinnedSession({ session, mutableFields: profile.clientMutableFields, baseline: memory?.session });
    const serverTools = new Set(profile.tools.map(({ name }) => name));
    this.#items = new ItemOrigins({
      responses: this.responses,
      serverTools,
      openCalls: memory?.tools?.open ?? [],
      missed,
      // The page may declare functions of its own, or execute those that the profile's session declares.
      pageRuns: (name) => this.#mayHave(({ functions }) => functions.has(name)),
      pageRunsAny: () => this.#mayHave(({ functions }) => [...functions].some((name) => !serverTools.has(name))),
      hasMcpServer: (label) => this.#mayHave(({ mcpServers }) => mcpServers.has(label)),
    });
  }

  /** The session that later ones are compared with, to store with the call; `undefined` until the API has reported one. */
  get baseline(): CallMemory['session'] {
    return this.#pinned.baseline;
  }

  /** Reads an event; returns the field, item or request that is not allowed, or `undefined` if there is none. */
  handleEvent(event: RealtimeEvent): string | undefined {
    this.responses.handleEvent(event);
    return this.#problem(event) ?? this.#items.handleEvent(event);
  }

  /** This server sent the result of one of its tools. */
  outputSent(callId: string, id: string, output: string): void {
    this.#items.outputSent(callId, id, output);
  }

  /** Events were missed while the sideband was detached. */
  eventsMissed(): void {
    this.responses.eventsMissed();
    this.#items.eventsMissed();
  }

  #problem({ type, session, item, response }: RealtimeEvent): string | undefined {
    switch (type) {
      case 'session.created':
      case 'session.updated':
        return this.#pinned.changedField(fieldsOf(session));
      case 'conversation.item.added':
      case 'conversation.item.created':
        return reservedRole(fieldsOf(item));
      case 'response.created':
        return overriddenField(fieldsOf(response), {
          pinned: this.#pinned,
          responses: this.responses,
          outOfBand: this.#profile.outOfBandResponses,
        });
    }
    return undefined;
  }

  /** Whether the session has such tools, or the page may add them. */
  #mayHave(has: (tools: SessionTools) => boolean): boolean {
    const { tools } = this.#pinned;
    return tools === undefined || this.#pinned.isMutable('tools') || has(tools);
  }
}

/** Messages in other roles than user and assistant are reserved for the owner, and this server never sends any. */
function reservedRole({ type, role }: Fields): string | undefined {
  return type === 'message' && role !== 'user' && role !== 'assistant' ? 'conversation.item.role' : undefined;
}
