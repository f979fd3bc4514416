/** Keyed hashes of visitors are the same in every process, with Node's crypto module and with Web Crypto. */
import { afterEach, expect, it, vi } from 'vitest';
import { keyedHash } from '../../../src/server/crypto/keyed-hash.js';

afterEach(() => {
  vi.restoreAllMocks();
});

it("returns the same hashes with Node's crypto module and with Web Crypto", async () => {
  const texts = [
    ['visitor', 'anna'],
    ['address', '192.0.2.1'],
    ['visitor', ''],
    ['visitor', 'größer als ASCII 🎙'],
    ['proof', 'x'.repeat(4_000)],
  ] as const;
  const names = (hash = keyedHash('sk-canary-1')) => Promise.all(texts.map(([kind, text]) => hash(kind, text)));
  const sign = vi.spyOn(crypto.subtle, 'sign');
  const node = await names();
  expect(sign).not.toHaveBeenCalled();
  vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);
  expect(await names()).toEqual(node);
  expect(sign).toHaveBeenCalled();
  expect(new Set(node).size).toBe(texts.length);
  for (const name of node) expect(name).toMatch(/^[\w-]{43}$/);
});

it('returns different hashes for another secret and another kind', async () => {
  const [one, other] = [keyedHash('sk-canary-1'), keyedHash('sk-canary-2')];
  expect(await other('visitor', 'anna')).not.toBe(await one('visitor', 'anna'));
  expect(await one('address', 'anna')).not.toBe(await one('visitor', 'anna'));
});

/** Stable across releases, so that visitors keep their counts after an update. */
it('keeps returning the same hash across releases', async () => {
  expect(await keyedHash('sk-canary-1')('visitor', 'anna')).toBe('qfgeeZJf6F6e4YcrwkAs6jBHfBGXh10BM_aO_cKJqvk');
});
