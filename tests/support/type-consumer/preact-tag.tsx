/** Type-checked by `.config/types-check.sh`: the tag in JSX of Preact. */
import 'voice-agent-element/types/preact';
import type { Message, VoiceAgentError } from 'voice-agent-element/element';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(..._: Same<A, B> extends true ? [] : ['these types differ']): void => undefined;

export const agent = (
  <voice-agent
    call-url="/voice/call"
    turn-detection="server_vad"
    tokenUrl="/voice/token"
    placement="bottom-end"
    timeout={5_000}
    tools={[{ name: 'now', execute: () => new Date() }]}
    sessionConfig={{ max_output_tokens: 500 }}
    visitorToken={async () => 'token'}
    key-events="page"
    class="agent"
    id="agent"
    ref={(element) => void element?.connect()}
    onClick={({ currentTarget }) => currentTarget.state}
    onvoice-agent-message={({ detail }) => same<typeof detail.message, Message>()}
    onvoice-agent-error={({ detail }) => same<typeof detail.error, VoiceAgentError>()}
  />
);
// @ts-expect-error: no such placement.
export const misplaced = <voice-agent placement="left" />;
// @ts-expect-error: this event has no message.
export const without = <voice-agent onvoice-agent-error={({ detail }) => detail.message} />;
