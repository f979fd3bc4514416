/**
 * A tool's parameters: the declaration for the model, and the validation of the model's arguments.
 *
 * Owns: the rules for a page's tools, reading a schema through its own methods (Standard Schema and Standard JSON Schema, in
 * zod since 4.2), so that the widget contains no schema library. Does not own: running tools (`tool-runner.ts`).
 */
import { VoiceAgentError } from '../contract/errors.js';
import type { ClientTool } from '../contract/options.js';
import { toJson } from '../contract/to-json.js';

/** A function in the form of the protocol's session object. */
export type ToolDeclaration = Readonly<Record<string, unknown>>;

/** Function names that the API accepts. */
const NAME = /^[\w-]{1,64}$/;
/** The requested JSON Schema draft: every server supports it. */
const TARGET = 'draft-07';
/** Maximum number of validation issues of one call that are reported to the model. */
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
 * @throws VoiceAgentError `invalid_request` for an invalid tool, `unsupported` for a schema that cannot be converted
 */
export function declareTools(tools: readonly ClientTool[]): ToolDeclaration[] {
  if (!Array.isArray(tools)) throw refused('tools must be an array.');
  const names = new Set<string>();
  return tools.map((tool: ClientTool, index) => {
    const {
      name,
      description,
      parameters,
      execute,
      needsApproval = false,
      timeout = 1,
    } = isObject(tool) ? tool : ({} as Partial<ClientTool>);
    const called = typeof name === 'string' ? `The tool ${toJson(name)}` : `Tool ${index + 1}`;
    if (typeof name !== 'string' || !NAME.test(name)) throw refused(`${called} needs a name of up to 64 letters, digits, "_" and "-".`);
    if (names.has(name)) throw refused(`${called} is declared twice.`);
    names.add(name);
    if (typeof execute !== 'function') throw refused(`${called} has no execute function.`);
    if (typeof needsApproval !== 'boolean' && typeof needsApproval !== 'function')
      throw refused(`${called}: needsApproval must be a boolean or a function.`);
    if (!(timeout > 0)) throw refused(`${called}: timeout must be a positive number.`);
    return {
      type: 'function',
      name,
      ...(description === undefined ? {} : { description }),
      parameters: parameters === undefined ? { type: 'object', properties: {} } : describe(parameters, called),
    };
  });
}

/** The arguments as parsed by the tool's schema; plain JSON Schema is not validated. Rejects with the validation issues. */
export async function parseByToolSchema({ parameters }: ClientTool, args: object): Promise<unknown> {
  if (!isSchema(parameters)) return args;
  const checked = await (parameters['~standard'] as Standard).validate(args);
  if (!checked.issues) return checked.value;
  const findings = checked.issues.slice(0, FINDINGS).map(({ path = [], message }) => {
    const place = path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.');
    return place ? `${place}: ${message}` : message;
  });
  throw new Error(`Invalid arguments. ${findings.join('; ')}${checked.issues.length > FINDINGS ? '; …' : ''}`);
}

function describe(parameters: object, called: string): unknown {
  if (isSchema(parameters)) return describeSchema(parameters, called);
  if (!isObject(parameters)) throw refused(`${called}: parameters must be a JSON Schema.`);
  const { type = 'object' } = parameters as { type?: unknown };
  if (type !== 'object') throw refused(`${called}: parameters must have type "object".`);
  try {
    return JSON.parse(toJson(parameters)) as unknown;
  } catch (cause) {
    throw refused(`${called}: parameters cannot be serialized as JSON.`, cause);
  }
}

function describeSchema(schema: Schema, called: string): unknown {
  const standard = schema['~standard'];
  let json: Record<string, unknown> | undefined;
  try {
    json = standard?.jsonSchema?.input({ target: TARGET });
  } catch (cause) {
    throw unsupported(`${called}: its schema cannot be converted to JSON Schema.`, cause);
  }
  if (!json || typeof standard?.validate !== 'function') {
    const zod = standard?.vendor === 'zod' || '_def' in schema || '_zod' in schema;
    throw unsupported(
      `${called}: its schema has no JSON Schema export. Use ${zod ? 'object schemas of zod 4.2 or newer (not zod/mini) or ' : ''}plain JSON Schema.`,
    );
  }
  if (json['type'] !== 'object') throw unsupported(`${called}: its schema must have type "object".`);
  return Object.fromEntries(Object.entries(json).filter(([key]) => key !== '$schema'));
}

const refused = (message: string, cause?: unknown): VoiceAgentError =>
  new VoiceAgentError('invalid_request', { message, recoverable: false, cause });
const unsupported = (message: string, cause?: unknown): VoiceAgentError => new VoiceAgentError('unsupported', { message, cause });
