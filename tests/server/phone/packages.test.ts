/** A server for phone calls reports missing packages at startup. Runs in a separate process in which Node cannot find them. */
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { runInNode } from '../../support/seeds/programs.js';
import type { Program } from '../../support/seeds/programs.js';
import { SECRET } from './support.js';

let program: Program | undefined;
afterEach(() => program?.stop());

const SERVER = fileURLToPath(new URL('../../../src/server/index.ts', import.meta.url));

/** Creates a server in a process in which these packages cannot be found, and prints the outcome. */
function startWithout(missing: readonly string[], phone: boolean): Program {
  const hook = `export const resolve = async (name, context, next) => {
    if (${JSON.stringify(missing)}.includes(name)) throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
    return next(name, context);
  };`;
  const options = {
    allowedOrigins: ['https://www.example.com'],
    upstream: { apiKey: 'sk-sandbox' },
    profiles: { reception: { access: ['phone'] } },
    ...(phone && { phone: { webhookSecret: SECRET, numbers: { '*': 'reception' } } }),
  };
  const code = `import { register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hook)}));
const { createVoiceServer } = await import(${JSON.stringify(SERVER)});
try {
  await createVoiceServer(${JSON.stringify(options)}).close();
  console.log('started');
} catch (error) {
  console.log(error.name + ': ' + error.message);
}`;
  return runInNode(`phone-without-${missing.join('-').replace(/\W/g, '')}-${String(phone)}`, code, {});
}

describe('packages of phone calls', { timeout: 120_000 }, () => {
  it.each<[string, string[], boolean, string]>([
    [
      'fail at startup if one is missing',
      ['openai'],
      true,
      'VoiceServerOptionsError: phone: needs packages that cannot be used: "openai" is not installed. Install them with: npm install openai@7',
    ],
    [
      'fail at startup if both are missing',
      ['openai', '@openai/agents/realtime'],
      true,
      'VoiceServerOptionsError: phone: needs packages that cannot be used: "openai" is not installed; "@openai/agents" is not installed. Install them with: npm install openai@7 @openai/agents@0.20',
    ],
    ['are accepted if both are installed', [], true, 'started'],
    ['are not required without phone calls', ['openai', '@openai/agents/realtime'], false, 'started'],
  ])('%s', async (_, missing, phone, told) => {
    program = startWithout(missing, phone);
    expect(await program.next('the outcome', () => true)).toBe(told);
    expect([await program.ended, program.errors]).toEqual([0, '']);
  });
});
