/** Keys that can be claimed only once. */
import { describe, expect, it } from 'vitest';
import type { Fresh } from './state-under-test.js';

export function once(fresh: Fresh): void {
  describe('once', () => {
    it('returns true for only one of many concurrent requests', async () => {
      const { one, other } = await fresh();
      const answers = await Promise.all(Array.from({ length: 40 }, (_, each) => (each % 2 ? one : other).once('webhook:1', 300)));
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await other.once('webhook:1', 300)).toBe(false);
      expect(await other.once('webhook:2', 300)).toBe(true);
    });

    it('returns true again after the time has expired', async () => {
      const { one, other, wait } = await fresh();
      expect(await one.once('webhook:1', 1)).toBe(true);
      expect(await one.once('webhook:2', 600)).toBe(true);
      await wait(1_100);
      expect(await other.once('webhook:1', 1)).toBe(true);
      expect(await other.once('webhook:2', 600)).toBe(false);
    });
  });
}
