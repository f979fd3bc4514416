/** Each promise in SECURITY.md names existing tests. `npm run test:security` runs them. */
import { describe, expect, it } from 'vitest';
import { securityPromises } from '../support/security-promises.js';

const promises = securityPromises();

describe('each promise', () => {
  it('is found in the table', () => expect(promises.length).toBeGreaterThan(25));

  it.each(promises)('$promise', ({ named, files }) => {
    expect(files, `tests in ${named.join(', ')}`).not.toEqual([]);
  });
});
