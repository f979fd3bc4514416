/** Type-checked by `.config/types-check.sh`: the React component. */
import { createRef } from 'react';
import { VoiceAgent } from 'voice-agent-element/react';
import type { Message, VoiceAgentElement, VoiceAgentError, VoiceAgentProps } from 'voice-agent-element/react';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(..._: Same<A, B> extends true ? [] : ['these types differ']): void => undefined;

const ref = createRef<VoiceAgentElement>();
export const agent = (
  <VoiceAgent
    ref={ref}
    callUrl="/voice/call"
    placement="bottom-end"
    heading="Ask Ada"
    timeout={5_000}
    open={false}
    tools={[{ name: 'now', execute: () => new Date() }]}
    sessionConfig={{ max_output_tokens: 500 }}
    visitorToken={async () => 'token'}
    removal-delay={1_000}
    key-events="page"
    className="agent"
    style={{ color: 'red' }}
    hidden={false}
    data-test="agent"
    aria-label="Ada"
    onClick={({ currentTarget }) => same<typeof currentTarget.state, VoiceAgentElement['state']>()}
    onMessage={({ detail }) => same<typeof detail.message, Message>()}
    onStateChange={({ detail }) => same<typeof detail.state, VoiceAgentElement['state']>()}
    onBeforeConnect={(event) => {
      event.preventDefault();
      event.detail.waitUntil(Promise.resolve(event.detail.config.tokenUrl));
    }}
    onError={({ detail }) => same<typeof detail.error, VoiceAgentError>()}
  />
);
void ref.current?.connect({ microphone: false });
export const props: VoiceAgentProps = { mode: 'transcription', for: 'field' };
// @ts-expect-error: the property does not exist.
export const misspelt = <VoiceAgent callURL="/voice/call" />;
// @ts-expect-error: no such placement.
export const misplaced = <VoiceAgent placement="left" />;
// @ts-expect-error: this event has no message.
export const without = <VoiceAgent onError={({ detail }) => detail.message} />;
