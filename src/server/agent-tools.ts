/**
 * What an agent can do, in the words of the protocol: function tools that run on this server and hosted MCP servers, as
 * members of the GA session's `tools` (`RealtimeFunctionTool` and `MCPTool` of the OpenAPI description).
 */
import type { HostedMcp, ProfileOptions } from './options.js';

type Fields = Readonly<Record<string, unknown>>;

/** For brokered and phone calls, whose session the visitor never holds: everything. */
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
 * For keys: their calls have nobody to run a server's tool, and who holds a key may read its session. So MCP servers that
 * want a secret are left out, too; without it they would refuse each call.
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

/** The session with more tools after those that it has; `undefined` stays so where there are none. */
export function withTools(session: Fields | undefined, tools: readonly Fields[]): Fields | undefined {
  if (tools.length === 0) return session;
  const own: unknown = session?.['tools'];
  return { type: 'realtime', ...session, tools: [...(Array.isArray(own) ? (own as unknown[]) : []), ...tools] };
}
