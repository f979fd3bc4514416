/**
 * What the agent of a phone call can do, as tools of the Agents SDK: the profile's own, and what only a telephone has: `end_call`, and
 * `transfer_to_human` where the owner named a human. An owner's tool of the same name takes their place.
 */
import type { Profile, ServerTool } from '../options.js';
import type { loadAgentsSdk } from './phone-packages.js';

type Sdk = Awaited<ReturnType<typeof loadAgentsSdk>>;
type SdkTool = ReturnType<Sdk['tool']>;

/** What tools act on. */
export interface PhoneActions {
  /** Runs one of the profile's; see `run-server-tool.ts`. */
  run(tool: ServerTool, args: unknown): Promise<string>;
  /** Sends the caller to the human; false where that did not work. */
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
  description: 'Transfers the caller to a human. Use it when the caller asks for a human, or when you cannot help. Say in one short sentence that you transfer the call before you use it.',
};
const END = {
  name: 'end_call',
  description: 'Ends the phone call. Use it when the caller has said goodbye or wants to end the call. Say goodbye before you use it.',
};
const NO_ARGUMENTS = { type: 'object', properties: {}, additionalProperties: false };

/** The tools; without `actions` they are described only. */
export function phoneTools(sdk: Sdk, profile: Profile, canTransfer: boolean, actions: PhoneActions | undefined): SdkTool[] {
  const own = profile.tools.map((tool) => sdkTool(sdk, { description: '', ...tool }, (args) => actions?.run(tool, args)));
  const taken = new Set(profile.tools.map(({ name }) => name));
  const end = sdkTool(sdk, END, async () => {
    await actions?.hangUp();
    return sdk.backgroundResult('The call is over.');
  });
  const transfer = sdkTool(sdk, TRANSFER, async () =>
    (await actions?.transfer()) === true
      ? // Nobody is asked to say anything more.
        sdk.backgroundResult('The caller is being transferred.')
      : 'The transfer did not work. Tell the caller so, and go on helping.',
  );
  return [...own, ...[...(canTransfer ? [transfer] : []), end].filter(({ name }) => !taken.has(name))];
}

function sdkTool(sdk: Sdk, { name, description, parameters = NO_ARGUMENTS }: ToolDescription, execute: (args: unknown) => unknown): SdkTool {
  return sdk.tool({
    name,
    description,
    strict: false,
    parameters: parameters as never,
    execute,
    // What the model cannot use may be said aloud: it learns nothing of an error.
    errorFunction: () => JSON.stringify({ error: 'The arguments are not usable.' }),
  });
}
