/**
 * Converts the settings of the Agents SDK's session to the protocol's session object: only the agent's own settings, without the
 * SDK's defaults, so that the page's settings and those bound to the key stay in effect.
 *
 * Owns: the precedence of settings (the agent's win), which of the SDK's fields belong to an agent. Does not own: sending.
 */

type Json = Readonly<Record<string, unknown>>;

/** The SDK's settings (agents-realtime 0.20; the SDK always sends all fields, a page may not). */
export interface AgentSettings {
  readonly instructions?: string;
  readonly voice?: unknown;
  readonly tools?: readonly Json[];
  readonly prompt?: { readonly promptId: string; readonly version?: string; readonly variables?: Json } | undefined;
  readonly tracing?: unknown;
}

/** The protocol's fields of a tool; the SDK's objects also contain functions. */
const TOOL_FIELDS = [
  'type',
  'name',
  'description',
  'parameters',
  'server_label',
  'server_url',
  'headers',
  'allowed_tools',
  'require_approval',
];

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
 * The session object for an agent that takes over. `instructions`: used if the agent has none. The voice of a session cannot
 * change once it was heard, and servers reject an update with such a change as a whole: `fixedVoice` omits it.
 */
export function nextSession(page: Json, agent: AgentSettings, owned: ReadonlySet<string>, instructions: string, fixedVoice: boolean): Json {
  const { voice, tools = [] } = agent;
  return {
    type: 'realtime',
    ...(agent.prompt && !agent.instructions ? {} : { instructions: agent.instructions || instructions }),
    ...prompt(agent),
    ...(voice === undefined || fixedVoice ? {} : { audio: { output: { voice } } }),
    // Also if empty, to remove the previous agent's tools.
    tools: [...tools.map(declare), ...others(page, owned)],
  };
}

const prompt = ({ prompt: stored }: AgentSettings): Json =>
  stored ? { prompt: { id: stored.promptId, version: stored.version, variables: stored.variables } } : {};
