/** A call over WebSocket: heard both ways. */
import { chromiumLaunch } from '../support/chromium.js';
import { expect, test } from './fixtures.js';
import { expectWords, microphone } from './hear-words.js';

test.use({ launchOptions: chromiumLaunch({ wav: microphone.path }) });

test('the spoken words reach the server and come back, and no others', async ({ widget, site, tape }, testInfo) => {
  await widget.open(site, { attributes: { transport: 'websocket' } });
  await tape.listen();
  await widget.button('Start talking').click();
  const call = await site.sandbox.nextCall();
  expect(call.kind).toBe('websocket');
  await widget.reaches('speaking');
  await widget.reaches('listening', 30_000);
  await expectWords(call, tape, testInfo);
});
