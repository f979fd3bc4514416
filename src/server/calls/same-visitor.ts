/**
 * Whether whoever asks about a call is the visitor who began it. The call's name is the proof for everybody; where a check said
 * who the visitor is, the same visitor is asked for besides, because names travel in addresses, and addresses end up in logs.
 */
import type { Context } from 'hono';
import type { KeyedHash } from '../guards/keyed-hash.js';
import type { ResolvedOptions } from '../options.js';
import type { VoiceEnv } from '../problem.js';
import type { CallRecord } from '../state/shared-state.js';

/** What a call remembers of a checked visitor's proof; `undefined` for all others. */
export async function proofOf(c: Context<VoiceEnv>, hash: KeyedHash): Promise<string | undefined> {
  return c.get('known') ? hash('proof', c.req.header('Authorization') ?? '') : undefined;
}

/**
 * The proof of then counts, also one that ran out meanwhile or was good for one call; a new one has to name the same visitor.
 *
 * @throws what the check throws, StateUnavailable
 */
export async function isSameVisitor(c: Context<VoiceEnv>, call: CallRecord, { visitor: check, state }: ResolvedOptions, hash: KeyedHash): Promise<boolean> {
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
