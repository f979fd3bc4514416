/**
 * A script at work: its faults with their counters, and for each call its own place in the lists of replies and
 * transcripts. One sandbox has one scenario for everybody and any number of named ones that are tied to keys.
 */
import { parrot } from './agent.js';
import type { AgentTurn } from './agent-types.js';
import { Faults } from './faults.js';
import type { Reply, ReplyItem, ScriptedMcpServer, ScriptedReply, ScriptedTranscript, Script } from './scenario-types.js';

/** One script at work. */
export class Scenario {
  readonly script: Script;
  readonly faults = new Faults();

  constructor(script: Script = {}) {
    this.script = script;
    for (const fault of script.faults ?? []) this.faults.arm(fault);
  }
}

/** The place of one call in its scenario. */
export class CallScript {
  /** MCP calls that wait for the client's approval, by server and name. */
  readonly approvedCalls = new Map<string, Extract<ReplyItem, { mcpApproval: string }>>();
  readonly #scenario: () => Scenario;
  readonly #pending: Reply[] = [];
  #from: Script | undefined;
  #next = 0;

  /** `scenario` is asked anew each time, so that a script set during a call takes effect at once, from its start. */
  constructor(scenario: () => Scenario) {
    this.#scenario = scenario;
  }

  /** The faults in force. */
  get faults(): Faults {
    return this.#scenario().faults;
  }

  /** The MCP servers in force. */
  get mcpServers(): Record<string, ScriptedMcpServer> {
    return this.#scenario().script.mcp ?? {};
  }

  /** What the recogniser is made to say in the `index`th spoken turn of the call. */
  transcript(index: number): ScriptedTranscript | undefined {
    return this.#scenario().script.transcripts?.[index];
  }

  /** Puts a reply in front of the script's, for the next answer of this call alone. */
  replyNext(reply: Reply): void {
    this.#pending.push(reply);
  }

  /** What the agent says in a turn. */
  async think(turn: AgentTurn): Promise<ScriptedReply> {
    const reply = await this.#reply(turn);
    const full: ScriptedReply = reply === null ? await parrot(turn) : typeof reply === 'string' ? { items: [{ say: reply }] } : reply;
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
