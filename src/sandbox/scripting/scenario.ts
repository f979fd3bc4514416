/**
 * A running script: its faults with their counters, and each call's position in the lists of replies and transcripts. A
 * sandbox has one default scenario and any number of named ones that are bound to keys.
 */
import { defaultAgent } from './default-agent.js';
import type {
  AgentTurn,
  SessionScript,
  Reply,
  ReplyItem,
  ScriptedMcpServer,
  ScriptedReply,
  ScriptedTranscript,
} from '../session/session-script.js';
import { ArmedFaults } from './armed-faults.js';
import type { Script } from './script.js';

/** A running script. */
export class Scenario {
  readonly script: Script;
  readonly faults = new ArmedFaults();

  constructor(script: Script = {}) {
    this.script = script;
    for (const fault of script.faults ?? []) this.faults.arm(fault);
  }
}

/** The position of one call in its scenario. */
export class CallScript implements SessionScript {
  /** MCP calls that wait for the client's approval, by server and name. */
  readonly approvedCalls = new Map<string, Extract<ReplyItem, { mcpApproval: string }>>();
  readonly #scenario: () => Scenario;
  readonly #pending: Reply[] = [];
  #from: Script | undefined;
  #next = 0;

  /** `scenario` is read each time, so that a script set during a call takes effect immediately, from its start. */
  constructor(scenario: () => Scenario) {
    this.#scenario = scenario;
  }

  /** The active faults. */
  get faults(): ArmedFaults {
    return this.#scenario().faults;
  }

  /** The active MCP servers. */
  get mcpServers(): Record<string, ScriptedMcpServer> {
    return this.#scenario().script.mcp ?? {};
  }

  /** The scripted transcript of the call's spoken turn `index`. */
  transcript(index: number): ScriptedTranscript | undefined {
    return this.#scenario().script.transcripts?.[index];
  }

  /** Queues a reply ahead of the script's, for the next answer of this call only. */
  replyNext(reply: Reply): void {
    this.#pending.push(reply);
  }

  /** The agent's reply for a turn. */
  async think(turn: AgentTurn): Promise<ScriptedReply> {
    const reply = await this.#reply(turn);
    const full: ScriptedReply = reply === null ? await defaultAgent(turn) : typeof reply === 'string' ? { items: [{ say: reply }] } : reply;
    for (const item of full.items) {
      if ('mcpApproval' in item) this.approvedCalls.set(`${item.server}/${item.mcpApproval}`, item);
    }
    return full;
  }

  async #reply(turn: AgentTurn): Promise<Reply> {
    const pending = this.#pending.shift();
    if (pending !== undefined) return pending;
    const { script } = this.#scenario();
    if (script !== this.#from) {
      this.#from = script;
      this.#next = 0;
    }
    if (typeof script.replies === 'function') return script.replies(turn);
    return script.replies?.[this.#next++] ?? null;
  }
}
