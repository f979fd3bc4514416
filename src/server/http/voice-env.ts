/** Variables of Hono's context that the server's middleware share. */
import type { Profile } from '../resolved-options.js';
import type { Refusal } from '../contract/server-events.js';

/** Variables that the server's middleware share through Hono's context. */
export interface VoiceEnv {
  Variables: {
    requestId: string;
    /** Set by `bodyLimit()`: the request's body, which can be read only once. */
    body: Uint8Array;
    /** The requested agent; set by the profile guard. */
    profile: Profile;
    /** Network address of the visitor, as reported by the trusted proxies. */
    address: string | undefined;
    /** Keyed hash of the checked visitor, otherwise of the address. */
    visitor: string | undefined;
    /** True if `visitor` identifies a checked visitor. */
    known: boolean;
    /** Keyed hash of a reusable proof of a visitor whom it does not identify. */
    proof: string | undefined;
    /** ID of this request's budget reservation; the handler that uses it settles it. */
    reservation: string;
    /** IDs of reservations that lost their places to this request; their calls have to be ended. */
    replaced: readonly string[];
    /** Set by `problem()`; read by the reporting middleware. */
    refusal: Refusal | undefined;
  };
}
