/**
 * Turns the owner's session settings into the protocol's session object (GA interface: `audio.input`, `audio.output`), and an agent's
 * function tools (which run on this server) and hosted MCP servers into entries of its `tools` (`RealtimeFunctionTool` and `MCPTool`
 * in the OpenAPI description).
 */
import type { HostedMcp, ProfileOptions, SessionOptions } from '../options.js';

type Fields = Readonly<Record<string, unknown>>;

/** The `session` of a `client_secrets` request; `undefined` if nothing is set, so that the API's defaults apply. */
export function sessionRequest(options: SessionOptions): Fields | undefined {
  const { type = 'realtime', model, voice, instructions, turnDetection, transcription, config } = options;
  const input = {
    ...(transcription !== undefined && { transcription }),
    ...(turnDetection !== undefined && { turn_detection: turnDetectionObject(turnDetection) }),
  };
  const output = { ...(voice !== undefined && { voice }) };
  const audio = { ...(filled(input) && { input }), ...(filled(output) && { output }) };
  const fields = {
    ...(model !== undefined && { model }),
    ...(instructions !== undefined && { instructions }),
    ...(filled(audio) && { audio }),
  };
  const session = merge(fields, config ?? {});
  // Without a session, the API mints keys for conversations.
  return filled(session) || type !== 'realtime' ? { type, ...session } : undefined;
}

function turnDetectionObject(wanted: SessionOptions['turnDetection']): unknown {
  if (wanted === 'none') return null;
  return typeof wanted === 'string' ? { type: wanted } : wanted;
}

const filled = (fields: Fields): boolean => Object.keys(fields).length > 0;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Deep merge in which `over` wins; anything but plain objects is replaced. */
function merge(under: Fields, over: Fields): Fields {
  const merged: Record<string, unknown> = { ...under };
  for (const [name, value] of Object.entries(over)) {
    const before = merged[name];
    merged[name] = isFields(before) && isFields(value) ? merge(before, value) : value;
  }
  return merged;
}

/** All tools, for brokered and phone calls: visitors cannot read those sessions. */
export function callTools({ tools = [], mcp = [] }: ProfileOptions): readonly Fields[] {
  const functions = tools.map(({ name, description, parameters }) => ({
    type: 'function',
    name,
    ...(description !== undefined && { description }),
    parameters: parameters ?? { type: 'object', properties: {}, additionalProperties: false },
  }));
  return [...functions, ...mcp.map(mcpTool)];
}

/**
 * Tools for ephemeral keys. No server runs function tools in their calls, and the holder of a key can read its session. MCP
 * servers that need a secret are therefore omitted, too; without the secret they would reject each request.
 */
export function keyTools({ mcp = [] }: ProfileOptions): readonly Fields[] {
  return mcp.filter(({ authorization, headers }) => authorization === undefined && headers === undefined).map(mcpTool);
}

function mcpTool({ label, url, authorization, headers, allowedTools, requireApproval = 'never' }: HostedMcp): Fields {
  return {
    type: 'mcp',
    server_label: label,
    server_url: url,
    ...(authorization !== undefined && { authorization }),
    ...(headers !== undefined && { headers }),
    ...(allowedTools !== undefined && { allowed_tools: allowedTools }),
    require_approval: requireApproval,
  };
}

/** Appends tools to those of the session. Returns the session unchanged if there are none to add. */
export function addTools(session: Fields | undefined, tools: readonly Fields[]): Fields | undefined {
  if (tools.length === 0) return session;
  const own: unknown = session?.['tools'];
  return { type: 'realtime', ...session, tools: [...(Array.isArray(own) ? (own as unknown[]) : []), ...tools] };
}
