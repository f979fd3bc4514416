/** Error codes, their defaults, and the texts for visitors. */
import { expect, expectTypeOf, test } from 'vitest';
import { VoiceAgentError, type ErrorCode } from '../../../src/contract/errors.js';
import { enErrors } from '../../../src/i18n/en-errors.js';

test('each code has texts for visitors, and no other code has', () => {
  expectTypeOf<keyof typeof enErrors>().toEqualTypeOf<ErrorCode>();
});

test.each(Object.keys(enErrors) as ErrorCode[])('%s has a message and a default for `recoverable`, which details override', (code) => {
  const error = new VoiceAgentError(code);
  expect(error.message).toMatch(/^[A-Z].*\.$/);
  const needsChange = ['origin_denied', 'token_malformed', 'insecure_context', 'policy_blocked', 'session_rejected', 'unsupported'];
  expect(error.recoverable).toBe(!needsChange.includes(code));
  expect(new VoiceAgentError(code, { message: 'Mine', recoverable: !error.recoverable })).toMatchObject({
    message: 'Mine',
    recoverable: !error.recoverable,
  });
});
