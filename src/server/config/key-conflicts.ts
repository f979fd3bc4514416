/** Validates which API keys an owner must configure: one for each agent, and a key for the hashes of visitors if no single API key can be it. */
import type { ProfileOptions, VoiceServerOptions } from '../options.js';
import type { ValidationError } from './validation-errors.js';

/** The options used by these checks. */
type KeyOptions = Partial<Pick<VoiceServerOptions, 'upstream' | 'profiles' | 'pepper' | 'phone'>>;

/** Errors in the combination of keys. */
export function keyConflicts({ upstream, profiles, pepper, phone }: KeyOptions): readonly ValidationError[] {
  const apiKey: unknown = upstream?.apiKey;
  const agents = Object.values((profiles ?? {}) as Readonly<Record<string, ProfileOptions | undefined>>);
  const allHaveOwn = agents.length > 0 && agents.every((profile) => profile?.apiKey !== undefined);
  if (apiKey === undefined && !allHaveOwn) return [{ path: 'upstream.apiKey', problem: 'is missing. Is the environment variable set?' }];
  const numbers: unknown = phone?.numbers;
  if (apiKey === undefined && typeof numbers === 'object' && numbers !== null && !Object.hasOwn(numbers, '*'))
    return [
      { path: 'upstream.apiKey', problem: 'is required to reject phone calls to other numbers; or assign them to an agent with "*".' },
    ];
  if (pepper !== undefined || typeof apiKey === 'string' || (Array.isArray(apiKey) && apiKey.length === 1)) return [];
  const why = apiKey === undefined ? 'without upstream.apiKey' : 'with several API keys';
  return [{ path: 'pepper', problem: `is required ${why}: the hashes of visitors are derived from it.` }];
}
