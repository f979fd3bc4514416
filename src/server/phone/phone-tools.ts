/**
 * The tools of a phone agent for the Agents SDK: the profile's own tools, plus `end_call` and, if `phone.human` is set,
 * `transfer_to_human`. A profile's tool with the same name takes precedence.
 */
import type { ServerTool } from '../options.js';
import type { loadAgentsSdk } from './phone-packages.js';
import type { Profile } from '../resolved-options.js';

type Sdk = Awaited<ReturnType<typeof loadAgentsSdk>>;
type SdkTool = ReturnType<Sdk['tool']>;

/** Actions available to tools. */
export interface PhoneActions {
  /** Runs one of the profile's tools; see `run-server-tool.ts`. */
  run(tool: ServerTool, args: unknown): Promise<string>;
  /** Transfers the caller to the human; resolves with false if that failed. */
  transfer(): Promise<boolean>;
  hangUp(): Promise<void>;
}

interface ToolDescription {
  readonly name: string;
  readonly description: string;
  readonly parameters?: ServerTool['parameters'];
}

const TRANSFER = {
  name: 'transfer_to_human',
  description:
    'Transfers the caller to a human. Use it when the caller asks for a human, or when you cannot help. Before you use it, say in one short sentence that you are transferring the call.',
};
const END = {
  name: 'end_call',
  description: 'Ends the phone call. Use it when the caller has said goodbye or wants to end the call. Say goodbye before you use it.',
};
const NO_ARGUMENTS = { type: 'object', properties: {}, additionalProperties: false };

/** Creates the tools; without `actions` they are only described. */
export function phoneTools(sdk: Sdk, profile: Profile, canTransfer: boolean, actions: PhoneActions | undefined): SdkTool[] {
  const own = profile.tools.map((tool) => sdkTool(sdk, { description: '', ...tool }, (args) => actions?.run(tool, args)));
  const taken = new Set(profile.tools.map(({ name }) => name));
  const end = sdkTool(sdk, END, async () => {
    await actions?.hangUp();
    return sdk.backgroundResult('The call has ended.');
  });
  const transfer = sdkTool(sdk, TRANSFER, async () =>
    (await actions?.transfer()) === true
      ? // A background result does not trigger another response.
        sdk.backgroundResult('The caller is being transferred.')
      : 'The transfer failed. Tell the caller and continue to help.',
  );
  return [...own, ...[...(canTransfer ? [transfer] : []), end].filter(({ name }) => !taken.has(name))];
}

function sdkTool(
  sdk: Sdk,
  { name, description, parameters = NO_ARGUMENTS }: ToolDescription,
  execute: (args: unknown) => unknown,
): SdkTool {
  return sdk.tool({
    name,
    description,
    strict: false,
    parameters: parameters as never,
    execute,
    // The model might read an error message aloud, so it gets no details.
    errorFunction: () => JSON.stringify({ error: 'The arguments are not valid.' }),
  });
}
