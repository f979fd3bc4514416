/**
 * From the settings that the Agents SDK's session asks for to the protocol's session object: the agent's own settings and
 * nothing that the SDK adds by itself, so that the page's settings, and what a server bound to the key, stand.
 *
 * Owns: whose setting wins (the agent's), which of the SDK's fields are an agent's. Does not own: sending.
 */

type Json = Readonly<Record<string, unknown>>;

/** The SDK's settings (agents-realtime 0.20: each of its own carries all of these, an explicit one of a page may not). */
export interface AgentSettings {
  readonly instructions?: string;
  readonly voice?: unknown;
  readonly tools?: readonly Json[];
  readonly prompt?: { readonly promptId: string; readonly version?: string; readonly variables?: Json } | undefined;
  readonly tracing?: unknown;
}

/** What the protocol knows of a tool; the SDK's objects carry their functions, too. */
const TOOL_FIELDS = ['type', 'name', 'description', 'parameters', 'server_label', 'server_url', 'headers', 'allowed_tools', 'require_approval'];

const declare = (tool: Json): Json =>
  Object.fromEntries(TOOL_FIELDS.filter((field) => tool[field] !== undefined).map((field) => [field, tool[field]]));

/** Names of the functions among these tools. */
export const functionNames = (tools: unknown): string[] =>
  Array.isArray(tools) ? (tools as Json[]).flatMap(({ type, name }) => (type === 'function' && typeof name === 'string' ? name : [])) : [];

/** The page's tools without the functions of these names. */
const others = (session: Json, names: ReadonlySet<string>): readonly Json[] =>
  ((session['tools'] ?? []) as readonly Json[]).filter(({ type, name }) => type !== 'function' || !names.has(name as string));

/** The first session object of a call: the page's, with the agent's settings over it. `owned`: names of agents' functions. */
export function firstSession(page: Json, agent: AgentSettings, owned: ReadonlySet<string>): Json {
  const { instructions, voice, tools = [] } = agent;
  const all = [...tools.map(declare), ...others(page, owned)];
  const audio = (page['audio'] ?? {}) as { output?: Json };
  return {
    ...page,
    ...(instructions ? { instructions } : {}),
    ...prompt(agent),
    ...(voice === undefined ? {} : { audio: { ...audio, output: { ...audio.output, voice } } }),
    ...(all.length > 0 ? { tools: all } : {}),
  };
}

/**
 * The session object for an agent that takes over. `instructions`: what counts where the agent has none. The voice of a
 * session cannot change once it was heard, and a server refuses everything that comes with such a change: `fixedVoice`
 * leaves it out.
 */
export function nextSession(page: Json, agent: AgentSettings, owned: ReadonlySet<string>, instructions: string, fixedVoice: boolean): Json {
  const { voice, tools = [] } = agent;
  return {
    type: 'realtime',
    ...(agent.prompt && !agent.instructions ? {} : { instructions: agent.instructions || instructions }),
    ...prompt(agent),
    ...(voice === undefined || fixedVoice ? {} : { audio: { output: { voice } } }),
    // Also without any: those of the agent before are no more.
    tools: [...tools.map(declare), ...others(page, owned)],
  };
}

const prompt = ({ prompt: stored }: AgentSettings): Json =>
  stored ? { prompt: { id: stored.promptId, version: stored.version, variables: stored.variables } } : {};
