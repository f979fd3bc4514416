/** A call with an agent inside the test page: the real SDK on the real transport, and a peer that scripts the model. */
import { tool } from '@openai/agents/realtime';
import { expect, vi } from 'vitest';
import { VoiceSession } from '../../../src/session/index.js';
import type { CallEvents } from '../../../src/contract/call.js';
import type { CallOptions, RealtimeEvent } from '../../../src/contract/options.js';
import type { RealtimeSession } from '@openai/agents/realtime';
import { FakeServer } from './fake-server.js';
import type { AnsweringPeer, PeerFaults } from './answering-peer.js';

type Fields = Readonly<Record<string, unknown>>;

/** A session and its fake server. */
export class AgentCall {
  readonly server: FakeServer;
  readonly call: VoiceSession;
  readonly emitted: { readonly type: keyof CallEvents; readonly detail: unknown }[] = [];
  #ids = 0;

  constructor(options: CallOptions, peer: PeerFaults = {}) {
    this.server = new FakeServer({ peer });
    this.call = new VoiceSession({ tokenUrl: '/token', baseUrl: 'https://api.test/v1', ...options }, this.server.environment);
    for (const type of ['tool-start', 'tool-end', 'approval-request', 'error', 'message'] as const) {
      this.call.on(type, (detail: unknown) => this.emitted.push({ type, detail }));
    }
  }

  /** The SDK's session. */
  get session(): RealtimeSession {
    return this.call.agentSession as unknown as RealtimeSession;
  }

  get peer(): AnsweringPeer {
    return this.server.peer;
  }

  /** The recorded events of this type. */
  emittedOf<K extends keyof CallEvents>(type: K): CallEvents[K][] {
    return this.emitted.filter((one) => one.type === type).map(({ detail }) => detail as CallEvents[K]);
  }

  /** The events that the server received, by type. */
  received(type: string): RealtimeEvent[] {
    return this.peer.received.filter((event) => event.type === type);
  }

  /** The sent items of a type. */
  items(type: string): Fields[] {
    return this.received('conversation.item.create')
      .map(({ item }) => item as Fields)
      .filter((item) => item['type'] === type);
  }

  outputs(): [unknown, unknown][] {
    return this.items('function_call_output').map(({ call_id: id, output }) => [id, output]);
  }

  /** Waits until the server has received everything sent so far. */
  async arrived(): Promise<void> {
    const marks = this.received('input_audio_buffer.clear').length;
    this.call.sendEvent({ type: 'input_audio_buffer.clear' });
    await vi.waitFor(() => expect(this.received('input_audio_buffer.clear').length).toBeGreaterThan(marks));
  }

  /** The model calls functions, all in one response. */
  modelCalls(...calls: readonly { name: string; id?: string; arguments?: string }[]): void {
    const response = `resp_${++this.#ids}`;
    this.peer.send({ type: 'response.created', response: { id: response, output: [] } });
    const output = calls.map(({ name, id = `call_${response}`, arguments: args = '{}' }) => ({
      id: `item_${id}`,
      object: 'realtime.item',
      type: 'function_call',
      status: 'completed',
      name,
      call_id: id,
      arguments: args,
    }));
    output.forEach((item, index) => {
      this.peer.send({
        type: 'response.output_item.added',
        response_id: response,
        output_index: index,
        item: { ...item, status: 'in_progress', arguments: '' },
      });
      this.peer.send({ type: 'response.output_item.done', response_id: response, output_index: index, item });
    });
    this.done(response, output);
  }

  /** The model starts to speak; `finish()` ends it. */
  modelSays(text: string): { response: string; finish(): void } {
    const response = `resp_${++this.#ids}`;
    const place = { response_id: response, item_id: `item_${response}`, output_index: 0, content_index: 0 };
    const item = { id: place.item_id, type: 'message', role: 'assistant', status: 'in_progress', content: [] };
    this.peer.send({ type: 'response.created', response: { id: response, output: [] } });
    this.peer.send({ type: 'response.output_item.added', response_id: response, output_index: 0, item });
    this.peer.send({ type: 'conversation.item.added', item, previous_item_id: null });
    this.peer.send({ type: 'output_audio_buffer.started', response_id: response });
    this.peer.send({ type: 'response.output_audio_transcript.delta', ...place, delta: text });
    return {
      response,
      finish: () => {
        this.peer.send({ type: 'response.output_audio_transcript.done', ...place, transcript: text });
        const said = { ...item, status: 'completed', content: [{ type: 'output_audio', transcript: text }] };
        this.peer.send({ type: 'response.output_item.done', response_id: response, output_index: 0, item: said });
        this.done(response, [said]);
        this.peer.send({ type: 'output_audio_buffer.stopped', response_id: response });
      },
    };
  }

  done(response: string, output: readonly unknown[], status = 'completed'): void {
    const usage = { total_tokens: 30, input_tokens: 10, output_tokens: 20 };
    this.peer.send({ type: 'response.done', response: { id: response, status, output, usage } });
  }

  async close(): Promise<void> {
    await this.call.close();
    await this.server.close();
  }
}

const calls: AgentCall[] = [];

/** Creates a call that `endCalls()` ends; not connected. */
export function agentCall(options: CallOptions, peer?: PeerFaults): AgentCall {
  const call = new AgentCall(options, peer);
  calls.push(call);
  return call;
}

/** Creates a connected call. */
export async function connected(options: CallOptions, peer?: PeerFaults): Promise<AgentCall> {
  const call = agentCall(options, peer);
  await call.call.connect();
  return call;
}

/** Ends all calls created so far. */
export async function endCalls(): Promise<void> {
  for (const call of calls.splice(0)) await call.close();
}

/** The schema for no arguments. */
export const anything = { type: 'object', properties: {}, required: [], additionalProperties: false } as const;

/** An agent's tool without arguments. */
export const clock = (execute: () => unknown = () => ({ time: '12:34' }), more: object = {}) =>
  tool({ name: 'clock', description: 'Tells the time.', parameters: anything, strict: true, execute, ...more } as never);
