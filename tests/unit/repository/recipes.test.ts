/**
 * The recipes of CONTRIBUTING, followed in a copy of the sources: they name the files that they touch, those are few, the compiler reports
 * a forgotten step, and the result works. The recipes for the element are tried in `recipes-element.test.ts`.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as ConversationModule from '../../../src/conversation/index.js';
import type * as Dialects from '../../../src/dialects/index.js';
import type * as SandboxModule from '../../../src/sandbox/index.js';
import type * as ServerModule from '../../../src/server/index.js';
import { RECIPES } from './recipe-steps.js';
import type { Recipe } from './recipe-steps.js';
import { ScratchCopy } from './scratch-copy.js';

const recipes = Object.entries(RECIPES as Record<string, Recipe>);
const contributing = readFileSync(new URL('../../../CONTRIBUTING.md', import.meta.url), 'utf8');
const sourcesOf = ({ edits }: Recipe): string[] => [...new Set(edits.map(({ file }) => file))].filter((file) => file.endsWith('.ts'));

let unfinished: ScratchCopy;
let finished: ScratchCopy;
beforeAll(() => {
  unfinished = new ScratchCopy();
  finished = new ScratchCopy();
  for (const [, { edits, reports }] of recipes) {
    if (reports) for (const edit of edits.slice(0, reports.after)) unfinished.edit(edit);
    for (const edit of edits) finished.edit(edit);
  }
});
afterAll(() => {
  unfinished.remove();
  finished.remove();
});

describe.each(recipes)('the recipe for a new %s', (_, recipe) => {
  it('names each existing file that it changes, and changes few', () => {
    const [, paragraph = ''] = new RegExp(`\\*\\*${recipe.title}\\*\\*([\\s\\S]*?)\\n\\n`).exec(contributing) ?? [];
    const changed = recipe.edits.filter(({ find }) => find !== undefined).map(({ file }) => file);
    const created = new Set(recipe.edits.filter(({ find }) => find === undefined).map(({ file }) => file));
    const unnamed = changed.filter((file) => !created.has(file) && !paragraph.includes(basename(file)));
    // The use of a new attribute depends on what it is for.
    expect(unnamed.filter((file) => !/^src\/session\//.test(file) || !paragraph.includes('`session/`'))).toEqual([]);
    expect(sourcesOf(recipe).length).toBeLessThanOrEqual(recipe.atMost);
  });
});

it('the compiler reports the steps that are missing', () => {
  const errors = unfinished.typeErrors();
  for (const [name, { reports }] of recipes) {
    for (const file of reports?.files ?? [])
      expect(
        errors.filter((line) => line.startsWith(`${file}(`)),
        `${name}: ${errors.join('\n')}`,
      ).not.toEqual([]);
  }
});

it('the sources compile after all recipes', () => {
  expect(finished.typeErrors()).toEqual([]);
});

it('the new dialect is loaded by its name', async () => {
  const { loadDialect } = await finished.load<typeof Dialects>('src/dialects/index.ts');
  expect(await loadDialect('acme' as never)).toMatchObject({ name: 'acme', offer: { hangUp: false } });
});

it('the new guard refuses a request for a key', async () => {
  const { createVoiceServer } = await finished.load<typeof ServerModule>('src/server/index.ts');
  const server = createVoiceServer({
    allowedOrigins: ['https://www.example.com'],
    upstream: { apiKey: 'sk-test', baseUrl: 'http://127.0.0.1:1/v1' },
    session: { model: 'gpt-realtime-2.1' },
  });
  const response = await server.request('/voice/token', {
    method: 'POST',
    headers: { origin: 'https://www.example.com', 'x-day': 'sunday' },
  });
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([403, 'closed']);
});

it('the new sandbox fault applies, and its fields are checked', async () => {
  const { createSandbox } = await finished.load<typeof SandboxModule>('src/sandbox/index.ts');
  const sandbox = await createSandbox();
  try {
    const arm = (fault: object) =>
      fetch(new URL('/sandbox/faults', sandbox.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(fault),
      });
    expect((await arm({ at: 'client_secrets', fault: 'teapot' })).status).toBe(400);
    expect((await arm({ at: 'client_secrets', fault: 'teapot', brand: 'Utah' })).ok).toBe(true);
    const response = await fetch(`${sandbox.url}/realtime/client_secrets`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk-sandbox' },
    });
    expect([response.status, await response.text()]).toEqual([418, 'Utah']);
  } finally {
    await sandbox.close();
  }
});

it('the corrected rule for the order of rows applies', async () => {
  const { ConversationStore } = await finished.load<typeof ConversationModule>('src/conversation/index.ts');
  const store = new ConversationStore({ schedule: () => () => undefined });
  const add = (id: string, previous: string | null) =>
    store.apply({
      type: 'conversation.item.added',
      previous_item_id: previous,
      item: { id, type: 'message', role: 'user', status: 'completed', content: [{ type: 'input_text', text: id }] },
    });
  add('second', null);
  add('first', 'start');
  store.flush();
  expect(store.snapshot().messages.map(({ id }) => id)).toEqual(['first', 'second']);
});
