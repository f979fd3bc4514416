/**
 * Converts Mastra's tools to tools of a call. Owns the context that a Mastra tool receives when it runs, and its two events.
 * Does not own: running, time limits, approvals (`session/`).
 */
import type { ClientTool } from '../contract/options.js';

/** The part of a tool from Mastra's `createTool()` that a voice needs. */
export interface MastraTool {
  readonly id?: string;
  readonly description?: string;
  /** A zod schema (4.2 or newer), any Standard Schema with JSON Schema support, or JSON Schema. */
  readonly inputSchema?: object | undefined;
  /** The same, for tools from other libraries. */
  readonly parameters?: object | undefined;
  readonly requireApproval?: boolean | undefined;
  execute?(input: never, context: never): unknown;
}

/** Tools by the name with which the model calls them. */
export type MastraTools = Readonly<Record<string, MastraTool>>;

/** Notifies the listeners of `tool-call-start` and `tool-call-result`. */
type EmitToolEvent = (event: 'tool-call-start' | 'tool-call-result', detail: object) => void;

/** The tools for the next call; those without `execute` are skipped with a warning, as by Mastra's own provider. */
export function clientTools(tools: MastraTools, emit: EmitToolEvent, requestContext: unknown): ClientTool[] {
  return Object.entries(tools).flatMap(([name, tool]) => {
    const { description = `Tool: ${name}`, inputSchema, parameters = inputSchema, requireApproval = false } = tool;
    if (!tool.execute) {
      console.warn(`Tool ${name} has no execute function, skipping`);
      return [];
    }
    const execute = async (args: never, { signal, callId }: { signal: AbortSignal; callId: string }): Promise<unknown> => {
      const detail = { toolCallId: callId, toolName: name, toolDescription: description, args: args as unknown };
      emit('tool-call-start', detail);
      const result = await tool.execute?.(args, { toolCallId: callId, messages: [], abortSignal: signal, requestContext } as never);
      emit('tool-call-result', { ...detail, result });
      return result;
    };
    return { name, description, ...(parameters ? { parameters } : {}), needsApproval: requireApproval, execute };
  });
}
