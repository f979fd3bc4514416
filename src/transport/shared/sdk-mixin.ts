/**
 * A mixin for both of the SDK's transports: listening by a page, the requested model, filtering the SDK's default settings, and
 * containing its exceptions.
 *
 * Owns: whether a page listens, the requested model, dropped messages. Does not own: connections, when a call is live.
 */
import type { OpenAIRealtimeBase as Sdk, OpenAIRealtimeEventTypes as SdkEvents } from '@openai/agents/realtime';
import type { RealtimeEvent } from '../../contract/options.js';
import { modelOf } from './inbound-frame.js';
import { trimSessionPayload } from './session-payload.js';

type Emitter = ReturnType<Sdk['on']>;
type Model = Sdk['currentModel'];
type SessionConfig = Parameters<Sdk['buildSessionPayload']>[0];
// A mixin's constructor has this shape (TypeScript handbook, "Mixins").
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Constructor<T> = new (...args: any[]) => T;

/** The SDK's `on`, `once` and `off`, which also take the types of the server's own events and `'*'`. */
interface Listen {
  <K extends keyof SdkEvents>(type: K, listener: (...args: SdkEvents[K]) => void): Emitter;
  (type: string, listener: (...args: never[]) => void): Emitter;
}

/** The members that `inCall()` adds to a transport. */
export interface SdkMixin {
  /** Number of messages that were dropped because they were not JSON events or too large. */
  dropped: number;
  /** True from the confirmed settings to the end; each transport implements it. */
  readonly live: boolean;
  /** True once a listener was added; from then on, events that neither the SDK nor the call needs are passed on, too. */
  readonly observed: boolean;
  on: Listen;
  once: Listen;
  off: Listen;
  /** Sets the model that the server reports, without counting it as a request by the page. */
  noteModel(event: RealtimeEvent): void;
  /** Requests a response; each transport's `sendEvent()` decides when it is sent. */
  requestResponse(response?: Readonly<Record<string, unknown>>): void;
}

/** See the head of the file. */
export function sdkMixin<T extends Constructor<Sdk>>(Base: T): T & Constructor<SdkMixin> {
  abstract class SdkInCall extends (Base as Constructor<Sdk>) {
    dropped = 0;
    observed = false;
    #modelAsked = false;

    abstract readonly live: boolean;

    override get currentModel(): Model {
      return super.currentModel;
    }

    override set currentModel(model: Model) {
      super.currentModel = model;
      // Before that, the SDK itself sets the model for the attempt.
      this.#modelAsked = this.live;
    }

    noteModel(event: RealtimeEvent): void {
      const model = modelOf(event);
      if (model) super.currentModel = model;
    }

    override requestResponse(response?: Parameters<Sdk['requestResponse']>[0]): void {
      this.sendEvent({ type: 'response.create', ...(response ? { response } : {}) });
    }

    override on(type: keyof SdkEvents, listener: (...args: never[]) => void): Emitter {
      this.observed = true;
      return super.on(type as 'error', listener as never);
    }

    override once(type: keyof SdkEvents, listener: (...args: never[]) => void): Emitter {
      this.observed = true;
      return super.once(type as 'error', listener as never);
    }

    override off(type: keyof SdkEvents, listener: (...args: never[]) => void): Emitter {
      return super.off(type as 'error', listener as never);
    }

    protected override _getMergedSessionConfig(config: SessionConfig) {
      const payload = super._getMergedSessionConfig(config);
      const model = this.#modelAsked ? { model: super.currentModel } : {};
      // Only once, so that a session that rejects the model accepts later settings.
      this.#modelAsked = false;
      return trimSessionPayload(payload, { ...model, ...(config as Record<string, unknown>) }) as typeof payload;
    }

    /** Reports errors to listeners on a live call only; `connect()` reports a failed attempt. */
    protected override _onError(error: unknown): void {
      if (this.live) super._onError(error);
    }

    /** The SDK's schemas throw for unknown items; such errors must not reach `window.onerror`. */
    protected override _onMessage(message: Parameters<Sdk['_onMessage']>[0]): void {
      try {
        super._onMessage(message);
      } catch {
        this.dropped++;
      }
    }
  }
  return SdkInCall as unknown as T & Constructor<SdkMixin>;
}
