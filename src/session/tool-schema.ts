/**
 * What a tool takes: its declaration for the model, and the check of what the model then gives.
 *
 * Owns: the rules for tools of a page, reading a schema by its own methods (Standard Schema and Standard JSON Schema, which
 * zod has since 4.2), so that no schema library is part of the widget. Does not own: running (`tool-runner.ts`).
 */
import { VoiceAgentError } from '../contract/errors.js';
import type { ClientTool } from '../contract/options.js';
import { toJson } from '../contract/to-json.js';

/** A function as the protocol's session object names it. */
export type ToolDeclaration = Readonly<Record<string, unknown>>;

/** What the API takes as the name of a function. */
const NAME = /^[\w-]{1,64}$/;
/** The dialect of JSON Schema that is asked for: every server reads it. */
const TARGET = 'draft-07';
/** Findings about one call's arguments that the model is told. */
const FINDINGS = 8;

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
type Checked = { readonly value: unknown; readonly issues?: undefined } | { readonly issues: readonly Issue[] };

/** `~standard` of https://standardschema.dev, with its JSON Schema part. */
interface Standard {
  readonly vendor?: string;
  validate(value: unknown): Checked | Promise<Checked>;
  readonly jsonSchema?: { input(options: { target: string }): Record<string, unknown> };
}
type Schema = { readonly '~standard'?: Standard };

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);
const isSchema = (value: unknown): value is Schema =>
  (isObject(value) || typeof value === 'function') && ('~standard' in value || '_zod' in value || '_def' in value);

/**
 * The session's `tools` for a page's tools, in their order.
 * @throws VoiceAgentError `invalid_request` for a tool that none can call, `unsupported` for a schema that tells nothing
 */
export function declareTools(tools: readonly ClientTool[]): ToolDeclaration[] {
  if (!Array.isArray(tools)) throw refused('The tools are no list.');
  const names = new Set<string>();
  return tools.map((tool: ClientTool, index) => {
    const { name, description, parameters, execute, needsApproval = false, timeout = 1 } = isObject(tool) ? tool : ({} as Partial<ClientTool>);
    const called = typeof name === 'string' ? `The tool ${toJson(name)}` : `Tool ${index + 1}`;
    if (typeof name !== 'string' || !NAME.test(name)) throw refused(`${called} needs a name of up to 64 letters, digits, "_" and "-".`);
    if (names.has(name)) throw refused(`${called} is there twice.`);
    names.add(name);
    if (typeof execute !== 'function') throw refused(`${called} has no function to execute.`);
    if (typeof needsApproval !== 'boolean' && typeof needsApproval !== 'function') throw refused(`${called}: needsApproval is neither a boolean nor a function.`);
    if (!(timeout > 0)) throw refused(`${called}: its timeout is no number of milliseconds.`);
    return {
      type: 'function',
      name,
      ...(description === undefined ? {} : { description }),
      parameters: parameters === undefined ? { type: 'object', properties: {} } : describe(parameters, called),
    };
  });
}

/** The arguments as the tool's schema reads them; JSON Schema alone checks nothing. Rejects with what does not fit. */
export async function readBySchema({ parameters }: ClientTool, args: object): Promise<unknown> {
  if (!isSchema(parameters)) return args;
  const checked = await (parameters['~standard'] as Standard).validate(args);
  if (!checked.issues) return checked.value;
  const told = checked.issues.slice(0, FINDINGS).map(({ path = [], message }) => {
    const place = path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.');
    return place ? `${place}: ${message}` : message;
  });
  throw new Error(`The arguments do not fit. ${told.join('; ')}${checked.issues.length > FINDINGS ? '; …' : ''}`);
}

function describe(parameters: object, called: string): unknown {
  if (isSchema(parameters)) return describeSchema(parameters, called);
  if (!isObject(parameters)) throw refused(`${called}: its parameters are no JSON Schema.`);
  const { type = 'object' } = parameters as { type?: unknown };
  if (type !== 'object') throw refused(`${called}: the schema of its parameters is not of type "object".`);
  try {
    return JSON.parse(toJson(parameters)) as unknown;
  } catch (cause) {
    throw refused(`${called}: its parameters cannot be written as JSON.`, cause);
  }
}

function describeSchema(schema: Schema, called: string): unknown {
  const standard = schema['~standard'];
  let json: Record<string, unknown> | undefined;
  try {
    json = standard?.jsonSchema?.input({ target: TARGET });
  } catch (cause) {
    throw unsupported(`${called}: its schema cannot be written as JSON Schema.`, cause);
  }
  if (!json || typeof standard?.validate !== 'function') {
    const zod = standard?.vendor === 'zod' || '_def' in schema || '_zod' in schema;
    throw unsupported(`${called}: its schema does not say itself as JSON Schema. ${zod ? 'Use the object schemas of zod 4.2 or newer (not zod/mini), or' : ''} give JSON Schema.`);
  }
  if (json['type'] !== 'object') throw unsupported(`${called}: its schema is none of an object.`);
  return Object.fromEntries(Object.entries(json).filter(([key]) => key !== '$schema'));
}

const refused = (message: string, cause?: unknown): VoiceAgentError => new VoiceAgentError('invalid_request', { message, recoverable: false, cause });
const unsupported = (message: string, cause?: unknown): VoiceAgentError => new VoiceAgentError('unsupported', { message, cause });
