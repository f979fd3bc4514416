/** The examples of `src/session/tools.md`, as they stand there, on a page; only the address of zod is the test site's. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import type { ReplyItem, SandboxCall } from '../../src/sandbox/index.js';
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';
import type { Widget } from './fixtures.js';
import type { PageOptions, Site } from '../support/site.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });
test.describe.configure({ mode: 'parallel' });

const page = readFileSync(fileURLToPath(new URL('../../src/session/tools.md', import.meta.url)), 'utf8');
const blocks = [...page.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code);

/** The example that holds these words. */
function example(words: string): string {
  const [code, ...more] = blocks.filter((block) => block.includes(words));
  if (code === undefined || more.length > 0) throw new Error(`not one example with ${words}`);
  return code;
}

/** A call by text on a page with an example, in which the model answers with these items. */
async function call(widget: Widget, site: Site, script: string, items: ReplyItem[], options: PageOptions = {}): Promise<SandboxCall> {
  site.sandbox.script({ mcp: { shop: { tools: [] } }, replies: [{ items }, { items: [{ text: 'Very well.' }] }] });
  await widget.open(site, { script, ...options });
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  const made = await site.sandbox.nextCall();
  await widget.say('Go');
  return made;
}

async function outputs(widget: Widget, made: SandboxCall): Promise<string[]> {
  await expect(widget.transcript.getByText('Very well.')).toBeVisible({ timeout: 30_000 });
  return made.items.filter(({ type }) => type === 'function_call_output').map(({ output }) => output ?? '');
}

/** zod as a page gets it from its own server: one module per file. */
const serveZod = async (target: Page): Promise<void> => {
  await target.route('**/zod/**', async (route) => {
    const path = fileURLToPath(new URL(`../../node_modules${new URL(route.request().url()).pathname}`, import.meta.url));
    await route.fulfill({ contentType: 'text/javascript', body: readFileSync(path, 'utf8') });
  });
};

test('a tool with JSON Schema: its request is read for it', async ({ widget, site }) => {
  site.answer('/orders/4711.json', () => Response.json({ state: 'on its way' }));
  const made = await call(widget, site, example('find_order'), [{ call: 'find_order', arguments: { number: 4711 } }, { call: 'find_order', arguments: { number: 1 } }]);
  const [found, missing] = await outputs(widget, made);
  expect(found).toBe('{"state":"on its way"}');
  expect(JSON.parse(missing ?? '')).toMatchObject({ status: 404 });
  expect(made.sessionConfig.tools).toMatchObject([{ name: 'find_order', parameters: { required: ['number'], additionalProperties: false } }]);
});

test('a tool with zod, under a strict policy: told, checked, filled in', async ({ page: target, widget, site }) => {
  await serveZod(target);
  const made = await call(widget, site, example("from 'zod'").replace("'zod'", "'/zod/index.js'"), [
    { call: 'set_alarm', arguments: { time: '07:30' } },
    { call: 'set_alarm', arguments: { time: 'early', days: ['mo', 'sunday'] } },
  ]);
  const [set, refused] = await outputs(widget, made);
  expect(set).toBe('Set for 07:30 on mo.');
  expect((JSON.parse(refused ?? '') as { error: string }).error).toMatch(/^The arguments do not fit\. time: must be like 07:30; days\.1: /);
  expect(made.sessionConfig.tools).toMatchObject([
    { name: 'set_alarm', parameters: { type: 'object', required: ['time'], properties: { days: { items: { enum: ['mo', 'tu', 'we', 'th', 'fr', 'sa', 'su'] } } } } },
  ]);
});

test('approval in the panel', async ({ widget, site }) => {
  const made = await call(widget, site, example('cancel_order'), [{ call: 'cancel_order', arguments: { number: 4711 } }]);
  await widget.button('Allow').click();
  expect(await outputs(widget, made)).toEqual(['Order 4711 is cancelled.']);
});

test('approval by the page: at once, and with a dialog of its own', async ({ page: target, widget, site }) => {
  const body = '<dialog><form method="dialog"><button value="yes">Buy it</button><button value="no">No</button></form></dialog>';
  const made = await call(widget, site, example("name: 'buy'"), [{ call: 'play' }, { call: 'buy' }], { body });
  await target.getByRole('button', { name: 'Buy it' }).click();
  expect(await outputs(widget, made)).toEqual(['It plays.', 'Bought.']);
  await expect(widget.host.getByRole('group', { name: /May the agent/ })).toHaveCount(0);
});

test('another time limit', async ({ widget, site }) => {
  const made = await call(widget, site, example('wait_for_me'), [{ call: 'wait_for_me' }]);
  await expect(widget.host.getByText(/Counts as Deny in [12] s/)).toBeVisible({ timeout: 30_000 });
  expect(await outputs(widget, made)).toEqual([expect.stringContaining('did not say in time')]);
});

test('a hosted MCP server', async ({ widget, site }) => {
  const made = await call(widget, site, example("type: 'mcp'"), [{ mcpApproval: 'find', server: 'shop', output: 'found' }]);
  await widget.button('Allow').click();
  await outputs(widget, made);
  expect(made.items.filter(({ type }) => type === 'mcp_call')).toMatchObject([{ output: 'found' }]);
});

test('a tool that cannot be: no call is made, the page is told which', async ({ widget, site, fired, census }) => {
  await widget.open(site, { script: `document.querySelector('voice-agent').tools = [{ name: 'two words', execute() {} }];` });
  await widget.button('Start talking').click();
  await widget.reaches('failed');
  await expect(widget.alert).toContainText('That didn’t work');
  expect(await fired.of('voice-agent-error')).toMatchObject([{ error: { code: 'invalid_request', message: 'The tool "two words" needs a name of up to 64 letters, digits, "_" and "-".' } }]);
  expect(site.sandbox.calls).toEqual([]);
  expect(await census.settled()).toMatchObject({ tracks: 0 });
});
