/** Every example of the documents is run: lists the test files of each example, read from the files themselves. */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { agentsSdk } from '../support/seeds/agents-sdk.js';
import { block, blocks, changed } from '../support/seeds/blocks.js';
import { mastra } from '../support/seeds/mastra.js';
import { opeAi } from '../support/seeds/ope-ai.js';

const TESTS = fileURLToPath(new URL('../', import.meta.url));
const NAMES: Readonly<Record<string, Readonly<Record<string, string>>>> = { agentsSdk, opeAi, mastra };

/** Each example with the files whose tests are named after it. */
const PROOFS = {
  [agentsSdk.webrtc]: ['e2e/seeds-agents-sdk.spec.ts', 'e2e/seeds-element.spec.ts'],
  [agentsSdk.websocket]: ['e2e/seeds-agents-sdk.spec.ts', 'e2e/seeds-element.spec.ts', 'server/seeds-agents-sdk.test.ts'],
  [agentsSdk.sip]: ['server/seeds-agents-sdk.test.ts'],
  [agentsSdk.workers]: ['server/seeds-workers.test.ts'],
  [agentsSdk.option1]: ['e2e/seeds-agents-sdk.spec.ts', 'e2e/seeds-element.spec.ts', 'server/seeds-agents-sdk.test.ts'],
  [agentsSdk.option2]: ['e2e/seeds-agents-sdk.spec.ts', 'e2e/seeds-session.spec.ts', 'server/seeds-agents-sdk.test.ts'],
  [opeAi.node]: ['server/seeds-ope-ai.test.ts'],
  [opeAi.python]: ['server/seeds-ope-ai.test.ts'],
  [opeAi.browser]: ['e2e/seeds-element.spec.ts', 'e2e/seeds-ope-ai.spec.ts'],
  [opeAi.transcribeInNode]: ['server/seeds-ope-ai.test.ts'],
  [opeAi.transcribeInPython]: ['server/seeds-ope-ai.test.ts'],
  [opeAi.transcribeInBrowser]: ['e2e/seeds-element.spec.ts', 'e2e/seeds-ope-ai.spec.ts'],
  [mastra.usageChinese]: ['e2e/seeds-mastra.spec.ts', 'server/seeds-mastra.test.ts'],
  [mastra.compositeChinese]: ['e2e/seeds-mastra.spec.ts', 'server/seeds-mastra.test.ts'],
  [mastra.usageJapanese]: ['e2e/seeds-mastra.spec.ts', 'server/seeds-mastra.test.ts'],
  [mastra.compositeJapanese]: ['e2e/seeds-mastra.spec.ts', 'server/seeds-mastra.test.ts'],
};

/** An example's name in a title, or in the table from which tests are generated. */
const NAME = /\b(agentsSdk|opeAi|mastra)\.(\w+)/g;

function proofs(): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const folder of ['e2e', 'server']) {
    for (const file of readdirSync(TESTS + folder)
      .filter((name) => /^seeds-.*\.(test|spec)\.ts$/.test(name))
      .sort()) {
      if (file === 'seeds-coverage.test.ts') continue;
      for (const [, document = '', key = ''] of readFileSync(`${TESTS}${folder}/${file}`, 'utf8').matchAll(NAME)) {
        const name = NAMES[document]?.[key];
        if (name !== undefined) found[name] = [...new Set([...(found[name] ?? []), `${folder}/${file}`])];
      }
    }
  }
  return found;
}

describe('the examples of the documents', () => {
  it('are all run by the tests named after them', () => {
    expect(proofs()).toEqual(PROOFS);
    expect(Object.keys(PROOFS).sort()).toEqual(blocks.map(({ name }) => name).sort());
  });

  it('are changed only as a test specifies', () => {
    const name = agentsSdk.option2;
    expect(changed(name, [])).toBe(block(name).code);
    expect(changed(name, [['key', "'<api key>'", "'a $& key'"]])).toBe(block(name).code.replace('<api key>', () => 'a $& key'));
    expect(() => changed(name, [['key', 'no such text', '']])).toThrow('does not stand there exactly once');
    expect(() => changed(name, [['key', 'client', '']])).toThrow('does not stand there exactly once');
    expect(() => block('Agents SDK, transport page: Option 3')).toThrow('no document has a block');
  });
});
