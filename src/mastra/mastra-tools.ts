/**
 * Mastra's tools as tools of a call. Owns what a Mastra tool is told when it runs, and the two events about it.
 * Does not own: running, time limits, approvals (`session/`).
 */
import type { ClientTool } from '../contract/options.js';

/** A tool as Mastra's `createTool()` makes it, as far as a voice needs it. */
export interface MastraTool {
  readonly id?: string;
  readonly description?: string;
  /** A zod schema (4.2 or newer), any Standard Schema that says itself as JSON Schema, or JSON Schema. */
  readonly inputSchema?: object | undefined;
  /** The same for tools of other makers. */
  readonly parameters?: object | undefined;
  readonly requireApproval?: boolean | undefined;
  execute?(input: never, context: never): unknown;
}

/** Tools by the name under which the model calls them. */
export type MastraTools = Readonly<Record<string, MastraTool>>;

/** Tells the listeners of `tool-call-start` and `tool-call-result`. */
type Tell = (event: 'tool-call-start' | 'tool-call-result', detail: object) => void;

/** The tools for the next call; those without `execute` are left out with a warning, as Mastra's own provider does. */
export function clientTools(tools: MastraTools, tell: Tell, requestContext: unknown): ClientTool[] {
  return Object.entries(tools).flatMap(([name, tool]) => {
    const { description = `Tool: ${name}`, inputSchema, parameters = inputSchema, requireApproval = false } = tool;
    if (!tool.execute) {
      console.warn(`Tool ${name} has no execute function, skipping`);
      return [];
    }
    const execute = async (args: never, { signal, callId }: { signal: AbortSignal; callId: string }): Promise<unknown> => {
      const told = { toolCallId: callId, toolName: name, toolDescription: description, args: args as unknown };
      tell('tool-call-start', told);
      const result = await tool.execute?.(args, { toolCallId: callId, messages: [], abortSignal: signal, requestContext } as never);
      tell('tool-call-result', { ...told, result });
      return result;
    };
    return { name, description, ...(parameters ? { parameters } : {}), needsApproval: requireApproval, execute };
  });
}
