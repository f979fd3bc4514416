/**
 * A site whose server places the calls: `createVoiceServer` with profiles, in front of the sandbox. Pages get no key, and
 * every test ends with a search for one (`canaries`).
 */
import type { PageOptions, Site } from '../support/site.js';
import { siteOf } from './fixtures.js';
import { test as base } from './fault-fixtures.js';

/** Words that only the server knows. */
export const SECRET = 'You are Ada. The discount for angry callers is 12 percent.';

const session = { model: 'gpt-realtime', instructions: SECRET, transcription: { model: 'gpt-4o-mini-transcribe' } };

export const test = base.extend<object, { site: Site }>({
  site: siteOf({
    server: {
      profiles: {
        default: { session },
        short: { session, limits: { seconds: 12, warnSeconds: 8 } },
        support: { session },
        dictation: { session: { type: 'transcription', transcription: { model: 'gpt-4o-mini-transcribe' } } },
        quiet: { session, limits: { idleSeconds: 7, warnSeconds: 5 } },
        thrifty: { session, limits: { tokens: 300 } },
      },
    },
    further: {
      '/known': {
        session,
        visitor: (request) =>
          request.headers.get('Authorization') === 'Bearer visitor-canary-1'
            ? { ok: true, subject: 'one' }
            : { ok: false, reason: 'nobody we know', retry: !request.headers.has('Authorization') },
      },
      '/spent': { session, budget: { callsPerDay: 1 } },
      '/single': { session, budget: { atOnce: 1 } },
    },
  }),
});

/** A page whose calls are placed by the server, under a policy that names no other server at all. */
export function brokeredPage(callUrl = '/voice/call', options: PageOptions = {}): PageOptions {
  const attributes = { 'call-url': callUrl, 'token-url': false, 'base-url': false, ...options.attributes };
  const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; media-src 'self'; require-trusted-types-for 'script'; trusted-types lit-html";
  return { ...options, attributes, headers: { 'Content-Security-Policy': policy, ...options.headers } };
}

export { expect, expectFailure, expectReleased, expectRetryWorks, countRequests, Widget } from './fault-fixtures.js';
