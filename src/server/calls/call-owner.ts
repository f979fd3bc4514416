/**
 * Checks that a request about a call comes from the visitor who started it. The call's ID is sufficient proof for unidentified
 * visitors. If the visitor check identified the visitor, requests must come from the same visitor, because IDs are part of URLs and
 * URLs end up in logs.
 */
import type { Context } from 'hono';
import type { KeyedHash } from '../crypto/keyed-hash.js';
import type { ResolvedOptions } from '../resolved-options.js';
import type { VoiceEnv } from '../http/voice-env.js';
import type { CallRecord } from '../contract/shared-state.js';

/** The hash of an identified visitor's proof, to store with the call; `undefined` for other visitors. */
export async function ownerProof(c: Context<VoiceEnv>, hash: KeyedHash): Promise<string | undefined> {
  return c.get('known') ? hash('proof', c.req.header('Authorization') ?? '') : undefined;
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
  const shown = c.req.header('Authorization');
  if (shown !== undefined && (await hash('proof', shown)) === call.proof) return true;
  const verdict = await check(c.req.raw, {
    address: c.get('address'),
    origin: c.req.header('Origin'),
    profile: call.profile,
    signal: c.req.raw.signal,
    once: async (proof, seconds) => state.once(`proof:${await hash('proof', proof)}`, seconds),
  });
  return verdict.ok && verdict.subject !== undefined && (await hash('visitor', verdict.subject)) === call.visitor;
}
