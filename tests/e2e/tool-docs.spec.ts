/** Runs the examples of `src/session/tools.md` unchanged in a page; only zod is loaded from the test site. */
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

/** The example that contains these words. */
function example(words: string): string {
  const [code, ...more] = blocks.filter((block) => block.includes(words));
  if (code === undefined || more.length > 0) throw new Error(`not exactly one example with ${words}`);
  return code;
}

/** A text-only call on a page with an example, in which the model answers with these items. */
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

/** zod, served by the page's own server: one module per file. */
const serveZod = async (target: Page): Promise<void> => {
  await target.route('**/zod/**', async (route) => {
    const path = fileURLToPath(new URL(`../../node_modules${new URL(route.request().url()).pathname}`, import.meta.url));
    await route.fulfill({ contentType: 'text/javascript', body: readFileSync(path, 'utf8') });
  });
};

test('a tool with a JSON Schema returns the body of its fetch() response', async ({ widget, site }) => {
  site.answer('/orders/4711.json', () => Response.json({ state: 'on its way' }));
  const made = await call(widget, site, example('find_order'), [
    { call: 'find_order', arguments: { number: 4711 } },
    { call: 'find_order', arguments: { number: 1 } },
  ]);
  const [found, missing] = await outputs(widget, made);
  expect(found).toBe('{"state":"on its way"}');
  expect(JSON.parse(missing ?? '')).toMatchObject({ status: 404 });
  expect(made.sessionConfig.tools).toMatchObject([
    { name: 'find_order', parameters: { required: ['number'], additionalProperties: false } },
  ]);
});

test('a tool with zod works under a strict policy, and its arguments are validated and completed', async ({
  page: target,
  widget,
  site,
}) => {
  await serveZod(target);
  const made = await call(widget, site, example("from 'zod'").replace("'zod'", "'/zod/index.js'"), [
    { call: 'set_alarm', arguments: { time: '07:30' } },
    { call: 'set_alarm', arguments: { time: 'early', days: ['mo', 'sunday'] } },
  ]);
  const [set, refused] = await outputs(widget, made);
  expect(set).toBe('Set for 07:30 on mo.');
  expect((JSON.parse(refused ?? '') as { error: string }).error).toMatch(/^Invalid arguments\. time: must be like 07:30; days\.1: /);
  expect(made.sessionConfig.tools).toMatchObject([
    {
      name: 'set_alarm',
      parameters: {
        type: 'object',
        required: ['time'],
        properties: { days: { items: { enum: ['mo', 'tu', 'we', 'th', 'fr', 'sa', 'su'] } } },
      },
    },
  ]);
});

test('approval works in the panel', async ({ widget, site }) => {
  const made = await call(widget, site, example('cancel_order'), [{ call: 'cancel_order', arguments: { number: 4711 } }]);
  await widget.button('Allow').click();
  expect(await outputs(widget, made)).toEqual(['Order 4711 is cancelled.']);
});

test('the page can approve at once or with its own dialog', async ({ page: target, widget, site }) => {
  const body = '<dialog><form method="dialog"><button value="yes">Buy it</button><button value="no">No</button></form></dialog>';
  const made = await call(widget, site, example("name: 'buy'"), [{ call: 'play' }, { call: 'buy' }], { body });
  await target.getByRole('button', { name: 'Buy it' }).click();
  expect(await outputs(widget, made)).toEqual(['It plays.', 'Bought.']);
  await expect(widget.host.getByRole('group', { name: /Let the agent/ })).toHaveCount(0);
});

test('a tool can have another approval time limit', async ({ widget, site }) => {
  const made = await call(widget, site, example('wait_for_me'), [{ call: 'wait_for_me' }]);
  await expect(widget.host.getByText(/Denied automatically in [12] s/)).toBeVisible({ timeout: 30_000 });
  expect(await outputs(widget, made)).toEqual([expect.stringContaining('did not decide in time')]);
});

test('a hosted MCP server works', async ({ widget, site }) => {
  const made = await call(widget, site, example("type: 'mcp'"), [{ mcpApproval: 'find', server: 'shop', output: 'found' }]);
  await widget.button('Allow').click();
  await outputs(widget, made);
  expect(made.items.filter(({ type }) => type === 'mcp_call')).toMatchObject([{ output: 'found' }]);
});

test('an invalid tool prevents the call, and the error names it', async ({ widget, site, fired, resources }) => {
  await widget.open(site, { script: `document.querySelector('voice-agent').tools = [{ name: 'two words', execute() {} }];` });
  await widget.button('Start talking').click();
  await widget.reaches('failed');
  await expect(widget.alert).toContainText('That didn’t work');
  expect(await fired.of('voice-agent-error')).toMatchObject([
    { error: { code: 'invalid_request', message: 'The tool "two words" needs a name of up to 64 letters, digits, "_" and "-".' } },
  ]);
  expect(site.sandbox.calls).toEqual([]);
  expect(await resources.settled()).toMatchObject({ tracks: 0 });
});
