/**
 * Maps an agent's function tools (which run on this server) and hosted MCP servers to entries of the GA session's `tools`
 * (`RealtimeFunctionTool` and `MCPTool` in the OpenAPI description).
 */
import type { HostedMcp, ProfileOptions } from '../options.js';

type Fields = Readonly<Record<string, unknown>>;

/** All tools, for brokered and phone calls: visitors cannot read those sessions. */
export function watchedTools({ tools = [], mcp = [] }: ProfileOptions): readonly Fields[] {
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
export function withTools(session: Fields | undefined, tools: readonly Fields[]): Fields | undefined {
  if (tools.length === 0) return session;
  const own: unknown = session?.['tools'];
  return { type: 'realtime', ...session, tools: [...(Array.isArray(own) ? (own as unknown[]) : []), ...tools] };
}
