/**
 * What happens in the server, as data. Logs, metrics and the owner's own code are observers of this one stream, so that
 * what may be seen is decided here, in types: no event holds a key, an SDP, a transcript, a call's public name or a whole
 * address.
 */
import type { ProblemCode } from '../problem.js';
import type { ReducedError } from './reduced-error.js';
import type { Amounts, CallEndReason, CallRecord } from '../state/shared-state.js';

/** What the server asks the Realtime API for. */
export type UpstreamOperation = 'mint' | 'call' | 'sideband' | 'hangup' | 'accept' | 'reject' | 'refer';

/**
 * Why a phone call was not taken: a number without an agent, the owner's own check, rates, a budget that is spent, all lines busy, an
 * API that did not accept it, or something that failed here.
 */
export type PhoneRejection = 'number' | 'owner' | 'rate' | 'budget' | 'busy' | 'upstream' | 'failed';

/** One thing that happened. Times are milliseconds. */
export type ServerEvent =
  | { readonly type: 'minted'; readonly requestId: string; readonly profile: string; readonly visitor: string | undefined }
  | {
      readonly type: 'refused';
      readonly requestId: string;
      /** Path of the route, without ids. */
      readonly route: string;
      readonly profile: string | undefined;
      readonly code: ProblemCode;
      readonly status: number;
      /** What the public is not told, for example `api key refused (401)`. */
      readonly reason: string | undefined;
      /** What of a caught error may be told; only for problems inside this server. */
      readonly cause?: ReducedError;
    }
  | { readonly type: 'upstream'; readonly operation: UpstreamOperation; readonly ms: number; /** `undefined`: no answer. */ readonly status: number | undefined }
  | { readonly type: 'call-started'; readonly requestId: string | undefined; readonly ref: string; readonly kind: CallRecord['kind']; readonly profile: string; readonly visitor: string | undefined }
  | { readonly type: 'call-usage'; readonly ref: string; readonly profile: string; /** Tokens and money since the last one; time comes with the end. */ readonly spent: Amounts }
  | { readonly type: 'call-ended'; readonly ref: string; readonly kind: CallRecord['kind']; readonly profile: string; readonly reason: CallEndReason; readonly spent: Amounts }
  /** `field`: the name of what the client changed, never its value. */
  | { readonly type: 'tampered'; readonly ref: string; readonly profile: string; readonly field: string }
  | { readonly type: 'sideband'; readonly ref: string; readonly state: 'attached' | 'lost' | 'attached-again' | 'given-up'; /** A caught error; only for problems inside this server. */ readonly cause?: unknown }
  | { readonly type: 'tool'; readonly ref: string; readonly profile: string; readonly name: string; readonly ms: number; readonly failed: boolean }
  /** `caller`: keyed hash. */
  | {
      readonly type: 'phone';
      readonly ref: string;
      readonly step: 'incoming' | 'accepted' | 'rejected' | 'referred' | 'dtmf' | 'replayed' | 'ignored';
      readonly profile: string | undefined;
      readonly caller: string | undefined;
      /** Of a rejection. */
      readonly reason?: PhoneRejection;
    }
  | { readonly type: 'state'; readonly available: boolean; readonly reason?: string };

/** Hears everything. What it throws is swallowed. */
export type ServerObserver = (event: ServerEvent) => void;

/** Tells all observers; a broken log must not break an answer. */
export function tellAll(observers: readonly ServerObserver[]): ServerObserver {
  return (event) => {
    for (const observer of observers) {
      try {
        observer(event);
      } catch {
        // Its own matter.
      }
    }
  };
}
