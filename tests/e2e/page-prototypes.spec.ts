/** Pages with a library that adds a `toJSON` to arrays which returns a string, as Prototype did before 1.7. */
import { chromiumLaunch } from '../support/chromium.js';
import { documentedExample } from '../support/documented.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

/** Runs before the widget's script, in the page's module. */
const library = `
Array.prototype.toJSON = function () { return '[' + this.map((one) => JSON.stringify(one)).join(', ') + ']'; };
`;
const tools = `
document.querySelector('voice-agent').tools = [
  { name: 'get_time', description: 'Returns the time.', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }, execute: () => ({ times: ['12:34'] }) },
];
`;

for (const transport of ['webrtc', 'websocket']) {
  test(`settings, tools and tool results reach the server as JSON over ${transport}`, async ({ widget, site }) => {
    await widget.open(site, { script: library + tools, attributes: { transport } });
    await widget.button('Start talking').click();
    await widget.reaches('connected');
    const call = await site.sandbox.nextCall();
    expect(call.sessionConfig.tools?.map((tool) => tool.type === 'function' && tool.parameters)).toEqual([
      { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    ]);
    await widget.say('Please call get_time with {"city":"Rome"}');
    await expect(widget.transcript.getByText('The tool get time answered: times')).toBeVisible({ timeout: 30_000 });
    const outputs = call.events.flatMap(({ direction, event }) => {
      const item = event['item'] as { type?: string; output?: string } | undefined;
      return direction === 'in' && item?.type === 'function_call_output' ? [JSON.parse(item.output ?? '') as unknown] : [];
    });
    expect(outputs).toEqual([{ times: ['12:34'] }]);
  });

  test(`an agent of the page connects and runs its tools over ${transport}`, async ({ widget, site }) => {
    await widget.open(site, { script: library + documentedExample('src/transport/agents.md', 'script'), attributes: { transport } });
    await widget.button('Start talking').click();
    await widget.reaches('connected');
    const call = await site.sandbox.nextCall();
    const update = call.events.find(({ direction, type }) => direction === 'in' && type === 'session.update');
    expect(Array.isArray((update?.event['session'] as { tools?: unknown }).tools)).toBe(true);
    await widget.say('Hello');
    await widget.reaches('speaking');
  });
}
