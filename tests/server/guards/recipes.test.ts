/** The recipes of the guards' documentation, run as written. */
import { SignJWT } from 'jose';
import { expect, it } from 'vitest';
import { createVoiceServer, turnstile, visitorToken } from '../../../src/server/index.js';
import type { VisitorCheck, VoiceServer } from '../../../src/server/index.js';
import { documentedExample } from '../../support/documented.js';
import { checkedServer } from './checks-support.js';

/** Runs an example with these values in place of its imports, and returns the value of an expression after it. */
async function run(name: string, names: Record<string, unknown>, result: string): Promise<unknown> {
  const code = documentedExample('src/server/guards/README.md', name)
    .replace(/^import .*$/gm, '')
    .replace(/^export /gm, '');
  // The tested examples are text in this repository, so they must be evaluated as code.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const make = new Function(
    ...Object.keys(names),
    `return (async () => { ${result.includes('HERE') ? result.replace('HERE', () => code) : `${code}\nreturn ${result};`} })();`,
  ) as (...values: unknown[]) => Promise<unknown>;
  return make(...Object.values(names));
}

const process = {
  env: { OPENAI_API_KEY: 'sk-canary-1', TURNSTILE_SECRET: '0x4', VISITOR_SECRET: 'a-secret-of-at-least-thirty-two-bytes' },
};

it('signed tokens: a proof signed by the site is valid for one call', async () => {
  const proof = (await run('visitor-proof', { SignJWT, process, visitor: { id: 'anna' } }, 'proof')) as string;
  const { visitor } = (await run('visitor-token', { visitorToken, process }, 'return { HERE\n};')) as { visitor: VisitorCheck };
  const { bearer, ask, asked } = await checkedServer(visitor);
  expect((await ask()).status).toBe(401);
  expect([(await bearer(proof)).status, (await bearer(proof)).status, asked.length]).toEqual([200, 401, 1]);
});

it('Turnstile: the server starts and issues no key without a proof', async () => {
  const voice = (await run('turnstile', { createVoiceServer, turnstile, process }, 'voice')) as VoiceServer;
  const answer = await voice.request('/voice/token', { method: 'POST', headers: { Origin: 'https://www.example.com' } });
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([401, 'visitor_missing']);
});
