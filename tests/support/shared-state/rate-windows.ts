/** Rate windows: an exact number of places under concurrent requests, and a new window when the old one has ended. */
import { describe, expect, it } from 'vitest';
import type { Fresh } from './state-under-test.js';

export function rates(fresh: Fresh): void {
  describe('rate windows', () => {
    const want = { key: 'address:192.0.2.1', count: 3, seconds: 2 };

    it('grants as many places as a window has, then reports how long to wait', async () => {
      const { one, other } = await fresh();
      for (const state of [one, other, one]) expect(await state.take([want])).toEqual({ ok: true });
      for (const state of [other, one]) {
        const refusal = await state.take([want]);
        expect(refusal).toEqual({ ok: false, key: want.key, retryAfter: expect.any(Number) });
        expect(!refusal.ok && refusal.retryAfter).toBeOneOf([1, 2]);
      }
    });

    it('opens a new window when the old one has ended', async () => {
      const { one, other, wait } = await fresh();
      const short = { ...want, count: 1, seconds: 1 };
      expect((await one.take([short])).ok).toBe(true);
      expect((await other.take([short])).ok).toBe(false);
      await wait(1_100);
      expect((await other.take([short])).ok).toBe(true);
      expect((await one.take([short])).ok).toBe(false);
    });

    it('counts each key and each kind of window separately', async () => {
      const { one, other } = await fresh();
      for (let each = 0; each < 3; each++) await one.take([want]);
      expect((await other.take([want])).ok).toBe(false);
      expect((await other.take([{ ...want, key: 'address:192.0.2.2' }])).ok).toBe(true);
      expect((await other.take([{ ...want, seconds: 60 }])).ok).toBe(true);
    });

    it('names the full window, for any key names', async () => {
      const { one } = await fresh();
      const strange = { key: 'visitor:__proto__ {a}\r\n:*\u{1f642}', count: 1, seconds: 60 };
      expect(await one.take([want, strange])).toEqual({ ok: true });
      expect(await one.take([want, strange])).toEqual({ ok: false, key: strange.key, retryAfter: expect.any(Number) });
    });

    it('grants exactly the available places to concurrent requests', async () => {
      const { one, other } = await fresh();
      const crowd = { key: 'all', count: 25, seconds: 60 };
      const answers = await Promise.all(Array.from({ length: 120 }, (_, each) => (each % 2 ? one : other).take([crowd])));
      expect(answers.filter(({ ok }) => ok)).toHaveLength(25);
    });

    it('does not count a rejected request towards the shared window', async () => {
      const { one } = await fresh();
      const all = { key: 'all', count: 10, seconds: 60 };
      for (let each = 0; each < 50; each++) await one.take([want, all]);
      const others = [];
      for (let each = 0; each < 6; each++) others.push(await one.take([{ ...want, key: `address:198.51.100.${String(each)}` }, all]));
      expect(others.map(({ ok }) => ok)).toEqual([true, true, true, true, true, true]);
    });
  });
}
