/**
 * Checks that a request about a call comes from the visitor who started it. The call's ID is sufficient proof for unidentified
 * visitors. If the visitor check identified the visitor, requests must come from the same visitor, because IDs are part of URLs and
 * URLs end up in logs.
 */
import type { Context } from 'hono';
import type { KeyedHash } from '../crypto/keyed-hash.js';
import { bearerProof } from '../guards/bearer-proof.js';
import type { ResolvedOptions } from '../resolved-options.js';
import type { VoiceEnv } from '../http/voice-env.js';
import type { CallRecord } from '../contract/shared-state.js';
import type { VisitorCheck } from '../contract/visitor-check.js';

/** Stored for an identified visitor whose proof cannot be read: no request has this hash, so each one is checked. */
const UNREADABLE = '';

/** The hash of an identified visitor's proof, to store with the call; `undefined` for other visitors. */
export async function ownerProof(
  c: Context<VoiceEnv>,
  { visitor: check }: Pick<ResolvedOptions, 'visitor'>,
  hash: KeyedHash,
): Promise<string | undefined> {
  if (!c.get('known') || !check) return undefined;
  const proof = proofIn(c.req.raw, check);
  return proof === undefined ? UNREADABLE : hash('proof', proof);
}

/**
 * Accepts the original proof, even if it has expired or was valid for one call only; a new proof must identify the same visitor.
 *
 * @throws whatever the check throws, StateUnavailable
 */
export async function isCallOwner(
  c: Context<VoiceEnv>,
  call: CallRecord,
  { visitor: check, state }: ResolvedOptions,
  hash: KeyedHash,
): Promise<boolean> {
  if (call.proof === undefined || !check) return true;
  const proof = proofIn(c.req.raw, check);
  if (proof !== undefined && (await hash('proof', proof)) === call.proof) return true;
  const verdict = await check(c.req.raw, {
    address: c.get('address'),
    origin: c.req.header('Origin'),
    profile: call.profile,
    signal: c.req.raw.signal,
    once: async (proof, seconds) => state.once(`proof:${await hash('proof', proof)}`, seconds),
  });
  return verdict.ok && verdict.subject !== undefined && (await hash('visitor', verdict.subject)) === call.visitor;
}

/** The visitor's own proof. Any other `Authorization`, such as an empty one or a password that all visitors share, is none. */
function proofIn(request: Request, check: VisitorCheck): string | undefined {
  const proof = check.proofOf ? check.proofOf(request) : bearerProof(request);
  return typeof proof === 'string' && proof !== '' ? proof : undefined;
}
