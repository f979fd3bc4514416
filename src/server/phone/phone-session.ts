/**
 * The session with which a phone call is accepted: the profile's session plus the fields of phone calls. Built by the Agents SDK, so
 * that it matches what the SDK's session expects.
 */
import type { RealtimeAgent, RealtimeSessionOptions } from '@openai/agents/realtime';
import { fieldsOf, type Fields } from '../../contract/fields.js';
import { brokeredSession } from '../calls/brokered-session.js';
import type { Profile, ResolvedOptions } from '../options.js';
import { loadAgentsSdk } from './phone-packages.js';

/** Turn detection fields that the API rejects in phone calls. */
const NOT_BY_PHONE = ['threshold', 'prefix_padding_ms', 'silence_duration_ms'];

/** Fields that the SDK derives from its agent. */
const OF_THE_AGENT = ['type', 'instructions', 'tools'];

/** Returns the path of the first session field that is not allowed in phone calls. */
export function phoneSessionMistake(session: Fields | undefined): string | undefined {
  const detection = fieldsOf(fieldsOf(fieldsOf(session)['audio'])['input'])['turn_detection'];
  const name = NOT_BY_PHONE.find((field) => fieldsOf(detection)[field] !== undefined);
  return name && `audio.input.turn_detection.${name}`;
}

/** Options of the SDK's session, used both to accept a call and to join it. */
export function sessionOptions(profile: Profile, prices: ResolvedOptions['prices']): Partial<RealtimeSessionOptions> {
  const { model, audio = {}, ...more } = brokeredSession(profile, prices);
  const rest = Object.fromEntries(Object.entries(more).filter(([name]) => !OF_THE_AGENT.includes(name)));
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
  const { instructions, tools = [], ...built } = (await OpenAIRealtimeSIP.buildInitialConfig(agent, sessionOptions(profile, prices))) as Fields & { readonly tools?: readonly unknown[] };
  // The SDK would drop the secrets of MCP servers, so these tools come from the session.
  const servers = ((brokeredSession(profile, prices)['tools'] ?? []) as readonly Fields[]).filter(({ type }) => type === 'mcp');
  const all = [...tools, ...servers];
  return { ...built, ...(instructions !== '' && { instructions }), ...(all.length > 0 && { tools: all }) };
}
