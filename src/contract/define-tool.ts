/** `defineTool()`: a tool whose argument types are inferred from its schema. */
import type { ClientTool } from './options.js';

/** A schema with inferable types as specified by https://standardschema.dev, for example zod's. */
interface TypedSchema {
  readonly '~standard': { readonly types?: { readonly output: unknown } | undefined };
}

/** Maps JSON Schema type names to TypeScript types. */
interface JsonTypes<S> {
  string: string;
  number: number;
  integer: number;
  boolean: boolean;
  null: null;
  array: S extends { readonly items: infer Item } ? JsonValue<Item>[] : unknown[];
  object: S extends { readonly properties: infer Properties }
    ? JsonObject<Properties, S extends { readonly required: readonly (infer Name)[] } ? Name : never>
    : Record<string, unknown>;
}

type JsonObject<Properties, Required> = {
  [Name in keyof Properties as Name extends Required ? Name : never]: JsonValue<Properties[Name]>;
} & {
  [Name in keyof Properties as Name extends Required ? never : Name]?: JsonValue<Properties[Name]>;
};

/** The type that a JSON Schema describes; `unknown` for schemas that use other keywords. */
type JsonValue<S> = S extends { readonly const: infer Value }
  ? Value
  : S extends { readonly enum: readonly (infer Value)[] }
    ? Value
    : S extends { readonly anyOf: readonly (infer Choice)[] }
      ? JsonValue<Choice>
      : S extends { readonly type: infer Type }
        ? JsonTypes<S>[(Type extends readonly (infer One)[] ? One : Type) & keyof JsonTypes<S>]
        : unknown;

/** The arguments of `execute`: the output type of a typed schema, the type a JSON Schema describes, or an empty object without a schema. */
export type ToolArguments<Schema> = Schema extends TypedSchema
  ? NonNullable<Schema['~standard']['types']>['output']
  : Schema extends undefined
    ? Record<string, never>
    : JsonValue<Schema>;

/** A tool whose functions take arguments of the type that its schema describes. */
export interface TypedTool<Schema> extends Omit<ClientTool, 'parameters' | 'execute' | 'needsApproval'> {
  readonly parameters?: Schema;
  readonly execute: (args: ToolArguments<Schema>, context: { signal: AbortSignal; callId: string }) => unknown;
  readonly needsApproval?: boolean | ((args: ToolArguments<Schema>, context: { callId: string }) => boolean | Promise<boolean>);
}

/** Returns the tool unchanged. In TypeScript, the arguments of its functions get the types that its `parameters` describe. */
export const defineTool = <const Schema extends object | undefined = undefined>(tool: TypedTool<Schema>): ClientTool => tool as ClientTool;
