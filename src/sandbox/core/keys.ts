/**
 * The keys of the sandbox: which API keys are valid, and the ephemeral keys minted from them. Owns expiry and the
 * session configuration bound to a key; independent of HTTP.
 */
import { ApiError } from '../protocol/api-error.js';
import type { Clock } from '../clock.js';
import { newId } from '../protocol/ids.js';

/** A minted ephemeral key, as tests see it. */
export interface MintedKey {
  /** `ek_…` */
  readonly value: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  /** The session bound to the key, as requested; `undefined` if none was. */
  readonly session: Record<string, unknown> | undefined;
  /** The scenario used by calls opened with this key. */
  readonly scenario: string | undefined;
  /** How many calls were opened with the key: it can be used any number of times until it expires. */
  uses: number;
}

/** The authenticated sender of a request. */
export type Caller =
  { kind: 'api'; key: string; scenario: string | undefined } | { kind: 'ephemeral'; key: MintedKey; scenario: string | undefined };

/** Decides which `sk-…` keys are valid. */
export type KeyRule = (key: string) => boolean;

/** Accepts any key that starts with `sk-sandbox`. */
export const sandboxKeysOnly: KeyRule = (key) => key.startsWith('sk-sandbox');

/** The keys of one sandbox. */
export class Keys {
  /** All minted keys, oldest first. */
  readonly minted: MintedKey[] = [];
  readonly #clock: Clock;
  readonly #accepts: KeyRule;
  readonly #scenarioOfApiKey = new Map<string, string>();

  constructor(clock: Clock, accepts: KeyRule) {
    this.#clock = clock;
    this.#accepts = accepts;
  }

  /** Mints a key that is valid for `seconds`. */
  mint(seconds: number, session?: Record<string, unknown>, scenario?: string): MintedKey {
    const key: MintedKey = {
      value: newId('ek', 32),
      expiresAt: Math.floor(this.#clock.now() / 1000) + seconds,
      session,
      scenario,
      uses: 0,
    };
    this.minted.push(key);
    return key;
  }

  /** Makes every request with this API key, and every key minted by it, use a scenario. */
  bind(apiKey: string, scenario: string): void {
    this.#scenarioOfApiKey.set(apiKey, scenario);
  }

  /** The scenario of a key; does not check whether the key is valid. */
  scenarioOf(key: string): string | undefined {
    return this.#scenarioOfApiKey.get(key) ?? this.minted.find((one) => one.value === key)?.scenario;
  }

  /**
   * Identifies the caller by its key.
   *
   * @throws ApiError 401 without a code for a missing key; `invalid_api_key` for a wrong one. The code of an expired
   * ephemeral key is not publicly documented; the sandbox returns 401 `invalid_api_key` with a message that contains
   * "expired".
   */
  identify(key: string | undefined): Caller {
    if (key === undefined || key === '') {
      throw new ApiError({
        status: 401,
        message:
          "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
      });
    }
    if (key.startsWith('ek_')) {
      const minted = this.minted.find((one) => one.value === key);
      if (minted === undefined) throw wrongKey(key);
      if (this.#clock.now() >= minted.expiresAt * 1000) {
        throw new ApiError({ status: 401, message: 'The ephemeral key provided has expired.', code: 'invalid_api_key' });
      }
      return { kind: 'ephemeral', key: minted, scenario: minted.scenario };
    }
    if (!this.#accepts(key)) throw wrongKey(key);
    return { kind: 'api', key, scenario: this.#scenarioOfApiKey.get(key) };
  }

  /** A caller without a key, for servers that require none. */
  anonymous(): Caller {
    return { kind: 'api', key: '', scenario: this.#scenarioOfApiKey.get('') };
  }

  /** Removes all minted keys and bindings. */
  clear(): void {
    this.minted.length = 0;
    this.#scenarioOfApiKey.clear();
  }
}

function wrongKey(key: string): ApiError {
  return new ApiError({
    status: 401,
    message: `Incorrect API key provided: ${redactKey(key)}. You can find your API key at https://platform.openai.com/account/api-keys.`,
    code: 'invalid_api_key',
  });
}

/** Redacts a key for display: keeps its first and last four characters. */
export function redactKey(key: string): string {
  return key.length <= 8 ? '*'.repeat(key.length) : `${key.slice(0, 4)}${'*'.repeat(Math.min(12, key.length - 8))}${key.slice(-4)}`;
}
