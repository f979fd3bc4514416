/**
 * What both of the SDK's transports are told about calls, in the same words: how a page listens to them, which model it asks
 * for, what of the SDK's own doing may go out, and that nothing throws into the page.
 *
 * Owns: listeners counted, the model asked for, the SDK's messages that are dropped. Does not own: connections, when a call is live.
 */
import type { OpenAIRealtimeBase as Sdk, OpenAIRealtimeEventTypes as SdkEvents } from '@openai/agents/realtime';
import type { RealtimeEvent } from '../contract/options.js';
import { modelOf } from './inbound-frame.js';
import { withoutDefaults } from './session-payload.js';

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

/** What a transport has more by `inCall()`. */
export interface InCall {
  /** Messages that were dropped because they were no JSON events or too large. */
  dropped: number;
  /** True from the confirmed settings to the end; each transport says so itself. */
  readonly live: boolean;
  /** True once somebody has listened: events that neither the SDK nor we need are handed on from then on. */
  readonly observed: boolean;
  on: Listen;
  once: Listen;
  off: Listen;
  /** Takes the server's word for the model, which is no wish of the page's. */
  noteModel(event: RealtimeEvent): void;
  /** Asks for an answer; `sendEvent()` of each transport knows when. */
  requestResponse(response?: Readonly<Record<string, unknown>>): void;
}

/** See the head of the file. */
export function inCall<T extends Constructor<Sdk>>(Base: T): T & Constructor<InCall> {
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
      // Before that, it is the SDK's own bookkeeping of the attempt.
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
      // Once: a session that refuses another model takes the settings after that.
      this.#modelAsked = false;
      return withoutDefaults(payload, { ...model, ...(config as Record<string, unknown>) }) as typeof payload;
    }

    /** Listeners hear of errors on a live call; a failed attempt is told once, by `connect()`. */
    protected override _onError(error: unknown): void {
      if (this.live) super._onError(error);
    }

    /** The SDK's schemas throw on items they do not know; nothing of that may reach `window.onerror`. */
    protected override _onMessage(message: Parameters<Sdk['_onMessage']>[0]): void {
      try {
        super._onMessage(message);
      } catch {
        this.dropped++;
      }
    }
  }
  return SdkInCall as unknown as T & Constructor<InCall>;
}
