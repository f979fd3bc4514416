/** Lets a separate Durable Object (`call-object.ts`) monitor each call of a Worker, because a call outlives its request. */
import { CallUnattached } from '../../contract/call-host.js';
import type { CallHost, CallStart } from '../../contract/call-host.js';
import { StateUnavailable } from '../../contract/shared-state.js';
import type { Amounts, CallEndReason, CallRecord } from '../../contract/shared-state.js';
import { UNATTACHED } from './call-object.js';
import type { CallObjectRequest } from './call-object.js';
import type { DurableNamespace } from './durable-context.js';

/** See the head of the file. All methods may reject with `StateUnavailable`. */
export class DurableCallHost implements CallHost {
  readonly #namespace: DurableNamespace;

  /** @param namespace binding of the class `VoiceCall` */
  constructor(namespace: DurableNamespace) {
    this.#namespace = namespace;
  }

  async watch(call: CallRecord, start: CallStart): Promise<void> {
    const { status } = await this.#send({ do: 'watch', call, start });
    if (status === UNATTACHED) throw new CallUnattached();
  }

  async end(call: CallRecord, reason: CallEndReason): Promise<void> {
    await this.#send({ do: 'end', call, reason });
  }

  async active(call: CallRecord): Promise<void> {
    await this.#send({ do: 'active', call });
  }

  async spent(call: CallRecord): Promise<Amounts> {
    return (await this.#send({ do: 'spent', call })).json() as Promise<Amounts>;
  }

  notices(call: CallRecord, signal: AbortSignal): Promise<Response> {
    return this.#send({ do: 'notices', call }, signal);
  }

  retire(): void {
    // It holds no calls.
  }

  async close(): Promise<void> {
    // Durable Objects shut down on their own.
  }

  async #send(message: CallObjectRequest, signal?: AbortSignal): Promise<Response> {
    const stub = this.#namespace.get(this.#namespace.idFromName(message.call.id));
    try {
      const answer = await stub.fetch('https://call/', { method: 'POST', body: JSON.stringify(message), ...(signal && { signal }) });
      if (answer.ok || answer.status === UNATTACHED) return answer;
      throw new Error(`The Durable Object returned status ${String(answer.status)}.`);
    } catch (cause) {
      throw new StateUnavailable('The Durable Object of the call did not respond.', { cause });
    }
  }
}
