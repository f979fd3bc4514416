/** The transport's surface: events by name and by wildcard, unchanged. */
import { expect, test } from './fixtures.js';
import { TRANSPORTS, connect, seen, sent, speaking } from './surface-fixtures.js';

test.use(speaking);

const THREE = ['first', 'second', 'third'];

for (const transport of TRANSPORTS) {
  test.describe(transport, () => {
    test('emit() calls listeners', async ({ page, widget, site }) => {
      const call = await connect(widget, site, transport);
      await page.evaluate(() => {
        window.transport.on('page-event', (...args: unknown[]) => window.seen.push(args));
        window.transport.emit('page-event', ...([1, { two: 2 }] as never[]));
      });
      expect(await seen(page)).toEqual([[1, { two: 2 }]]);
      expect(sent(call)).toEqual([]);
    });

    test('on() receives each event unchanged and in order', async ({ page, widget, site, spoiled }) => {
      const call = await connect(widget, site, transport);
      spoiled.push(({ type }) => type === 'something.unknown');
      await page.evaluate(() => {
        window.transport.on('*', (event: unknown) => window.seen.push(event));
        for (const name of ['turn_started', 'audio_transcript_delta', 'turn_done']) window.transport.on(name, () => window.seen.push(name));
      });
      const after = call.events.length;
      call.sendEvent({ type: 'something.unknown', event_id: 'event_page_1', field: ['as', 'sent'] });
      await page.evaluate(() => window.transport.sendMessage('Hello', {}));
      await widget.reaches('listening');
      await call.waitForServerEvent('response.done');
      await expect.poll(async () => (await seen(page)).includes('turn_done')).toBe(true);
      const received = await seen(page);
      expect(new Set(received.filter((entry) => typeof entry === 'string'))).toEqual(
        new Set(['turn_started', 'audio_transcript_delta', 'turn_done']),
      );
      // Each raw event once, unchanged and in order.
      const raw = received.filter((entry) => typeof entry === 'object');
      const out = call.events.filter(({ index, direction }) => index >= after && direction === 'out').map(({ event }) => event);
      expect(raw).toEqual(out.slice(0, raw.length));
      expect(raw).toContainEqual({ type: 'something.unknown', event_id: 'event_page_1', field: ['as', 'sent'] });
    });

    test('once() receives one event', async ({ page, widget, site, spoiled }) => {
      const call = await connect(widget, site, transport);
      spoiled.push(({ type }) => THREE.includes(type));
      await page.evaluate(() => {
        window.transport.once('*', (event: { type: string }) => window.seen.push(`once ${event.type}`));
        window.transport.on('*', (event: { type: string }) => window.seen.push(event.type));
      });
      for (const type of THREE) call.sendEvent({ type });
      await expect.poll(() => seen(page)).toEqual(['once first', ...THREE]);
    });

    test('off() removes a listener', async ({ page, widget, site, spoiled }) => {
      const call = await connect(widget, site, transport);
      spoiled.push(({ type }) => THREE.includes(type));
      await page.evaluate(() => {
        const listener = (event: { type: string }): void => {
          window.seen.push(`until second: ${event.type}`);
          if (event.type === 'second') window.transport.off('*', listener);
        };
        window.transport.on('*', listener);
        window.transport.on('*', (event: { type: string }) => window.seen.push(event.type));
      });
      for (const type of THREE) call.sendEvent({ type });
      await expect.poll(() => seen(page)).toEqual(['until second: first', 'first', 'until second: second', 'second', 'third']);
    });
  });
}
