/**
 * The session with which a phone call is accepted: the agent's own, as its other calls have it, with what only a phone call has. Made
 * by the Agents SDK, so that it is what its session expects.
 */
import type { RealtimeAgent, RealtimeSessionOptions } from '@openai/agents/realtime';
import { fieldsOf, type Fields } from '../../contract/fields.js';
import { brokeredSession } from '../calls/brokered-session.js';
import type { Profile, ResolvedOptions } from '../options.js';
import { loadAgentsSdk } from './phone-packages.js';

/** Fields of turn detection that the API takes in no phone call. */
const NOT_BY_PHONE = ['threshold', 'prefix_padding_ms', 'silence_duration_ms'];

/** What the SDK has from its agent. */
const OF_THE_AGENT = ['type', 'instructions', 'tools'];

/** The first field of a session that a phone call cannot have, as its path in the session object. */
export function phoneSessionMistake(session: Fields | undefined): string | undefined {
  const detection = fieldsOf(fieldsOf(fieldsOf(session)['audio'])['input'])['turn_detection'];
  const name = NOT_BY_PHONE.find((field) => fieldsOf(detection)[field] !== undefined);
  return name && `audio.input.turn_detection.${name}`;
}

/** What the SDK's session is made with; the same for accepting a call and for taking part in it. */
export function sessionOptions(profile: Profile, prices: ResolvedOptions['prices']): Partial<RealtimeSessionOptions> {
  const { model, audio = {}, ...more } = brokeredSession(profile, prices);
  const rest = Object.fromEntries(Object.entries(more).filter(([name]) => !OF_THE_AGENT.includes(name)));
  return {
    ...(typeof model === 'string' && { model }),
    // Without it, what is said would be kept in the account's traces.
    tracingDisabled: true,
    // `audio` takes the place of the SDK's own defaults, among them a transcription that nobody asked for.
    config: { providerData: { audio, ...rest } },
  };
}

/** The body of `POST /realtime/calls/{id}/accept`. */
export async function acceptedSession(agent: RealtimeAgent, profile: Profile, prices: ResolvedOptions['prices']): Promise<Fields> {
  const { OpenAIRealtimeSIP } = await loadAgentsSdk();
  const { instructions, tools = [], ...built } = (await OpenAIRealtimeSIP.buildInitialConfig(agent, sessionOptions(profile, prices))) as Fields & { readonly tools?: readonly unknown[] };
  // The SDK would drop the secrets of MCP servers; they are the session's own.
  const servers = ((brokeredSession(profile, prices)['tools'] ?? []) as readonly Fields[]).filter(({ type }) => type === 'mcp');
  const all = [...tools, ...servers];
  return { ...built, ...(instructions !== '' && { instructions }), ...(all.length > 0 && { tools: all }) };
}
