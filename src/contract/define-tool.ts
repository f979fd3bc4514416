/** `defineTool()`: a tool whose arguments TypeScript knows from its schema. */
import type { ClientTool } from './options.js';

/** A schema that says its types as https://standardschema.dev asks, as zod's do. */
interface TypedSchema {
  readonly '~standard': { readonly types?: { readonly output: unknown } | undefined };
}

/** What the names of JSON Schema's types stand for. */
interface JsonTypes<S> {
  string: string;
  number: number;
  integer: number;
  boolean: boolean;
  null: null;
  array: S extends { readonly items: infer Item } ? JsonValue<Item>[] : unknown[];
  object: S extends { readonly properties: infer Properties } ? JsonObject<Properties, S extends { readonly required: readonly (infer Name)[] } ? Name : never> : Record<string, unknown>;
}

type JsonObject<Properties, Required> = { [Name in keyof Properties as Name extends Required ? Name : never]: JsonValue<Properties[Name]> } & {
  [Name in keyof Properties as Name extends Required ? never : Name]?: JsonValue<Properties[Name]>;
};

/** What a JSON Schema describes; `unknown` for what it says by other keywords than these. */
type JsonValue<S> = S extends { readonly const: infer Value }
  ? Value
  : S extends { readonly enum: readonly (infer Value)[] }
    ? Value
    : S extends { readonly anyOf: readonly (infer Choice)[] }
      ? JsonValue<Choice>
      : S extends { readonly type: infer Type }
        ? JsonTypes<S>[(Type extends readonly (infer One)[] ? One : Type) & keyof JsonTypes<S>]
        : unknown;

/** What `execute` is given: what a typed schema reads, what a JSON Schema describes, an empty object without a schema. */
export type ToolArguments<Schema> = Schema extends TypedSchema
  ? NonNullable<Schema['~standard']['types']>['output']
  : Schema extends undefined
    ? Record<string, never>
    : JsonValue<Schema>;

/** A tool whose functions take what its schema describes. */
export interface TypedTool<Schema> extends Omit<ClientTool, 'parameters' | 'execute' | 'needsApproval'> {
  readonly parameters?: Schema;
  readonly execute: (args: ToolArguments<Schema>, context: { signal: AbortSignal; callId: string }) => unknown;
  readonly needsApproval?: boolean | ((args: ToolArguments<Schema>, context: { callId: string }) => boolean | Promise<boolean>);
}

/** Gives a tool back as it is. In TypeScript, the arguments of its functions have the types that its `parameters` describe. */
export const defineTool = <const Schema extends object | undefined = undefined>(tool: TypedTool<Schema>): ClientTool => tool as ClientTool;
