/**
 * The session with which a phone call is accepted: the profile's session plus the fields of phone calls. Built by the Agents SDK, so
 * that it matches what the SDK's session expects.
 */
import type { RealtimeAgent, RealtimeSessionOptions } from '@openai/agents/realtime';
import type { Fields } from '../../contract/fields.js';
import { brokeredSession } from '../calls/brokered-session.js';
import type { Profile, ResolvedOptions } from '../resolved-options.js';
import { loadAgentsSdk } from './phone-packages.js';

/** Fields that the SDK derives from its agent. */
const AGENT_FIELDS = ['type', 'instructions', 'tools'];

/** Options of the SDK's session, used both to accept a call and to join it. */
export function phoneSessionOptions(profile: Profile, prices: ResolvedOptions['prices']): Partial<RealtimeSessionOptions> {
  const { model, audio = {}, ...more } = brokeredSession(profile, prices);
  const rest = Object.fromEntries(Object.entries(more).filter(([name]) => !AGENT_FIELDS.includes(name)));
  return {
    ...(typeof model === 'string' && { model }),
    // Otherwise the conversation would be stored in the account's traces.
    tracingDisabled: true,
    // Replaces the SDK's `audio` defaults, which would turn on transcription.
    config: { providerData: { audio, ...rest } },
  };
}

/** The body of `POST /realtime/calls/{id}/accept`. */
export async function acceptedSession(agent: RealtimeAgent, profile: Profile, prices: ResolvedOptions['prices']): Promise<Fields> {
  const { OpenAIRealtimeSIP } = await loadAgentsSdk();
  const {
    instructions,
    tools = [],
    ...built
  } = (await OpenAIRealtimeSIP.buildInitialConfig(agent, phoneSessionOptions(profile, prices))) as Fields & {
    readonly tools?: readonly unknown[];
  };
  // The SDK would drop the secrets of MCP servers, so these tools come from the session.
  const servers = ((brokeredSession(profile, prices)['tools'] ?? []) as readonly Fields[]).filter(({ type }) => type === 'mcp');
  const all = [...tools, ...servers];
  return { ...built, ...(instructions !== '' && { instructions }), ...(all.length > 0 && { tools: all }) };
}
