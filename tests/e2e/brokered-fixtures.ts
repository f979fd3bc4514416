/**
 * A site whose server places the calls: `createVoiceServer` with profiles, in front of the sandbox. The page gets no key, and
 * every test ends with a search for one (`canaries`).
 */
import { MemoryState } from '../../src/server/state/memory-state.js';
import type { PageOptions, Site } from '../support/site.js';
import { siteOf } from './fixtures.js';
import { test as base } from './fault-fixtures.js';

/** Instructions that only the server knows. */
export const SECRET = 'You are Ada. The discount for angry callers is 12 percent.';

const session = { model: 'gpt-realtime-2.1', instructions: SECRET, transcription: { model: 'gpt-transcribe' } };

export const test = base.extend<object, { site: Site }>({
  site: siteOf({
    server: {
      profiles: {
        default: { session },
        short: { session, limits: { maxSeconds: 15, warningSeconds: 8 } },
        support: { session },
        dictation: { session: { type: 'transcription', transcription: { model: 'gpt-transcribe' } } },
        quiet: { session, limits: { maxIdleSeconds: 7, warningSeconds: 5 } },
        thrifty: { session, limits: { tokens: 300 } },
      },
    },
    further: {
      '/known': {
        session,
        visitor: (request) =>
          request.headers.get('Authorization') === 'Bearer visitor-canary-1'
            ? { ok: true, subject: 'one' }
            : { ok: false, reason: 'unknown visitor', retry: !request.headers.has('Authorization') },
      },
      '/spent': { session, budget: { callsPerDay: 1 } },
      '/paused': { session, state: new MemoryState({ snapshot: { ...new MemoryState().snapshot(), paused: true } }) },
      '/single': { session, budget: { maxConcurrent: 1 } },
    },
  }),
});

/** A page whose calls are placed by the server, under a policy that allows no other server. */
export function brokeredPage(callUrl = '/voice/call', options: PageOptions = {}): PageOptions {
  const attributes = { 'call-url': callUrl, 'token-url': false, 'base-url': false, ...options.attributes };
  const policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; media-src 'self'; require-trusted-types-for 'script'; trusted-types lit-html";
  return { ...options, attributes, headers: { 'Content-Security-Policy': policy, ...options.headers } };
}

export { expect, expectFailure, expectReleased, expectRetryWorks, countRequests, Widget } from './fault-fixtures.js';
