/**
 * Server events. Logs, metrics and the owner's code all observe this one stream, so these types define what is visible: no
 * event contains a key, an SDP, a transcript, a call's public ID or a full address.
 */
import type { ProblemCode } from './problem-codes.js';
import type { Amounts, BudgetLevel, CallEndReason, CallRecord, JournalEvent } from './shared-state.js';

/** A loggable error, as JSON. */
export interface ReducedError {
  readonly name: string;
  /** `ECONNREFUSED` and the like. */
  readonly code?: string;
  /** Stack frames, at most five. */
  readonly at?: readonly string[];
}

/** One refused request, for the owner's log. Contains no key and no upstream text. */
export interface Refusal {
  readonly requestId: string;
  readonly code: ProblemCode;
  /** HTTP status of the response. */
  readonly status: number;
  /** Not part of the response; for example `the API key was rejected (401)`. */
  readonly reason: string | undefined;
  /** Loggable parts of a caught error; only for internal errors. */
  readonly cause?: ReducedError;
}

/** Kinds of requests to the Realtime API. */
export type UpstreamOperation = 'mint' | 'call' | 'sideband' | 'hangup' | 'accept' | 'reject' | 'refer';

/**
 * Why a phone call was rejected: number without an agent, the owner's check, rate limit, exhausted budget, too many concurrent
 * calls, paused server, rejected by the API, or an internal failure.
 */
export type PhoneRejection = 'number' | 'owner' | 'rate' | 'budget' | 'busy' | 'paused' | 'upstream' | 'failed';

/** What the operator did, over the local socket, the admin port or in code. */
export type OperatorAction = 'pause' | 'resume' | 'end' | 'end-all';

/** One server event. Durations are in milliseconds. */
export type ServerEvent =
  | { readonly type: 'minted'; readonly requestId: string; readonly profile: string; readonly visitor: string | undefined }
  | {
      readonly type: 'refused';
      readonly requestId: string;
      /** Path of the route, without IDs. */
      readonly route: string;
      readonly profile: string | undefined;
      readonly code: ProblemCode;
      readonly status: number;
      /** Not part of the response; for example `the API key was rejected (401)`. */
      readonly reason: string | undefined;
      /** Loggable parts of a caught error; only for internal errors. */
      readonly cause?: ReducedError;
    }
  /**
   * The API rejected one of several API keys with 401; the next one is used. `position` in the configuration, from 1; `profile` if the key is
   * its own.
   */
  | { readonly type: 'api-key-rejected'; readonly position: number; readonly profile: string | undefined }
  | {
      readonly type: 'upstream';
      readonly operation: UpstreamOperation;
      readonly ms: number;
      /** `undefined` without a response. */ readonly status: number | undefined;
    }
  | {
      readonly type: 'call-started';
      readonly requestId: string | undefined;
      readonly ref: string;
      readonly kind: CallRecord['kind'];
      readonly profile: string;
      readonly visitor: string | undefined;
    }
  | {
      readonly type: 'call-usage';
      readonly ref: string;
      readonly profile: string;
      /** Tokens and money since the last such event; seconds are reported at the end. */ readonly spent: Amounts;
    }
  | {
      readonly type: 'call-ended';
      readonly ref: string;
      readonly kind: CallRecord['kind'];
      readonly profile: string;
      readonly visitor: string | undefined;
      /** Milliseconds since the epoch. */
      readonly startedAt: number;
      readonly reason: CallEndReason;
      readonly spent: Amounts;
    }
  /** `field`: name of the changed field, or of the item or request that is not allowed; never its value. */
  | { readonly type: 'tampered'; readonly ref: string; readonly profile: string; readonly field: string }
  | {
      readonly type: 'sideband';
      readonly ref: string;
      readonly state: 'attached' | 'lost' | 'attached-again' | 'given-up';
      /** A caught error; only for internal errors. */ readonly cause?: unknown;
    }
  | {
      readonly type: 'tool';
      readonly ref: string;
      readonly profile: string;
      readonly name: string;
      readonly ms: number;
      readonly failed: boolean;
      /** The limit in `limits.toolRuns` for which the tool was not run. */
      readonly refused?: 'perCall' | 'perMinute' | 'argumentBytes';
    }
  /** `caller`: keyed hash of the caller's number. */
  | {
      readonly type: 'phone';
      readonly ref: string;
      readonly step: 'incoming' | 'accepted' | 'rejected' | 'referred' | 'dtmf' | 'replayed' | 'ignored';
      readonly profile: string | undefined;
      readonly caller: string | undefined;
      /** Reason of a rejection. */
      readonly reason?: PhoneRejection;
    }
  /** `ref`: the ended call. `calls`: number of ended calls. */
  | { readonly type: 'operator'; readonly action: OperatorAction; readonly ref?: string; readonly calls?: number }
  | { readonly type: 'state'; readonly available: boolean; readonly reason?: string }
  | JournalEvent
  /** `count` connections were closed or refused at a limit of the HTTP server since the last such event. */
  | { readonly type: 'connection-limit'; readonly limit: 'address' | 'total'; readonly count: number }
  /**
   * Another share of a budget is spent or reserved, or a call was refused because of it (100 %). `profile`: the agent whose budget it is;
   * `undefined` for that of the server. `limit`: its name in the configuration, such as `moneyPerDay`.
   */
  | {
      readonly type: 'budget';
      readonly profile: string | undefined;
      readonly limit: `${'calls' | 'minutes' | 'tokens' | 'money'}Per${'Day' | 'Month'}`;
      readonly percent: BudgetLevel['percent'];
    }
  /** A webhook was given up, because its receiver did not accept it. */
  | { readonly type: 'webhook'; readonly delivered: false };

/** Receives all events. Errors that it throws are ignored. */
export type ServerObserver = (event: ServerEvent) => void;
