/** Faulty events during a call, cases 45–51: invalid events are dropped, and the call continues. */
import { enPanel } from '../../src/i18n/en-panel.js';
import type { Fault, SandboxCall } from '../../src/sandbox/index.js';
import { expect, test, typedCall } from './fault-fixtures.js';
import type { Widget } from './fault-fixtures.js';

/** A typed turn with a written answer: shows that the call works. */
async function expectAnswer(widget: Widget, call: SandboxCall, question: string, answer: string): Promise<void> {
  call.replyNext({ items: [{ text: answer }] });
  await widget.say(question);
  await expect(widget.transcript.getByText(answer, { exact: true })).toBeVisible();
}

const texts = async (widget: Widget): Promise<string[]> => (await widget.messages()).map(({ text }) => text);

test('case 45: invalid JSON and binary messages are dropped and counted', async ({ widget, site, cleanup }) => {
  const call = await typedCall(widget, site);
  const broken = ['{"type":"response.output_text.delta",', 'null', '[]', '"text"', '{"no":"type"}', '{"type":7}'];
  for (const text of broken) call.sendRaw(text);
  call.sendBinary(Uint8Array.of(0, 1, 2, 255));
  await expectAnswer(widget, call, 'Still there?', 'Still here.');
  const dropped = await widget.host.evaluate(
    (agent: HTMLElementTagNameMap['voice-agent']) => (agent.session?.transport as { dropped?: number } | undefined)?.dropped,
  );
  expect(dropped).toBe(broken.length + 1);
  expect(await cleanup.errors()).toEqual([]);
});

test('case 46: an unknown event has no effect and is passed to the page unchanged', async ({ widget, site, cleanup, fired, spoiled }) => {
  const unknown = {
    type: 'response.hologram.delta',
    event_id: 'event_unknown',
    item_id: 'item_1',
    hologram: { depth: [1, { deep: true }] },
  };
  spoiled.push(({ type }) => type === unknown.type);
  const call = await typedCall(widget, site);
  call.sendEvent(unknown);
  await expectAnswer(widget, call, 'Seen it?', 'Nothing to see.');
  const events = (await fired.of('voice-agent-server-event')).map(({ event }) => event);
  expect(events.filter(({ type }) => type === unknown.type)).toEqual([unknown]);
  expect(await texts(widget)).toEqual(['Seen it?', 'Nothing to see.']);
  expect(await cleanup.errors()).toEqual([]);
});

test('case 47: events over 256 KB are dropped, and neither they nor the largest allowed event block the page', async ({
  widget,
  site,
  cleanup,
  spoiled,
}) => {
  spoiled.push(({ type }) => type === 'invalid');
  await catchChannel(widget);
  await widget.page.addInitScript(() => {
    window.longTasks = [];
    new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
      type: 'longtask',
    });
  });
  const call = await typedCall(widget, site);
  const before = await droppedBy(widget);
  // Sizes over the limit of a browser's data channel are dispatched to the channel's listeners in the page. The best of five runs
  // counts, because any task may take long on a busy machine.
  const spent = await widget.page.evaluate(() => {
    const data = JSON.stringify({ type: 'response.hologram.delta', padding: 'x'.repeat(8_000_000) });
    return Array.from({ length: 5 }, () => {
      const since = performance.now();
      window.channel.dispatchEvent(new MessageEvent('message', { data }));
      return performance.now() - since;
    });
  });
  expect(await droppedBy(widget)).toBe(before + 5);
  expect(Math.min(...spent)).toBeLessThan(50);

  const long: number[] = [];
  for (const id of ['a', 'b', 'c', 'd', 'e']) {
    const bare = JSON.stringify({ type: 'response.hologram.delta', event_id: id, padding: '' });
    const arrival = widget.page.evaluate(async (wanted) => {
      window.longTasks = [];
      await new Promise<void>((resolve) => {
        document.addEventListener('voice-agent-server-event', (event) => {
          if ((event as CustomEvent<{ event: { event_id: string } }>).detail.event.event_id === wanted) resolve();
        });
        document.documentElement.dataset['ready'] = wanted;
      });
      // Long tasks are reported after the frame in which they ran.
      for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
      return Math.max(0, ...window.longTasks);
    }, id);
    await expect(widget.page.locator('html')).toHaveAttribute('data-ready', id);
    call.sendRaw(bare.replace('"padding":""', `"padding":"${'x'.repeat(262_144 - bare.length)}"`));
    long.push(await arrival);
  }
  expect(Math.min(...long)).toBeLessThan(50);
  await expectAnswer(widget, call, 'Still there?', 'Still here.');
  expect(await cleanup.errors()).toEqual([]);
});

test('case 48: turns follow the conversation order regardless of the arrival order', async ({ widget, site, cleanup }) => {
  const call = await typedCall(widget, site);
  const part = { response_id: 'resp_late', output_index: 0, content_index: 0 };
  const user = {
    type: 'message',
    role: 'user',
    status: 'completed',
    object: 'realtime.item',
    content: [{ type: 'input_audio', transcript: null }],
  };
  const answer = { type: 'message', role: 'assistant', status: 'in_progress', object: 'realtime.item', content: [] };
  // A delta before its item, and an item before its predecessor.
  call.sendEvent({ type: 'response.output_audio_transcript.delta', ...part, item_id: 'item_2', delta: 'Second' });
  call.sendEvent({ type: 'conversation.item.added', previous_item_id: 'item_1', item: { ...answer, id: 'item_2' } });
  // The `done` event before the last delta.
  call.sendEvent({ type: 'response.output_audio_transcript.done', ...part, item_id: 'item_2', transcript: 'Second turn.' });
  call.sendEvent({ type: 'response.output_audio_transcript.delta', ...part, item_id: 'item_2', delta: ' turn.' });
  call.sendEvent({ type: 'conversation.item.added', previous_item_id: 'item_3', item: { ...answer, id: 'item_4' } });
  call.sendEvent({ type: 'conversation.item.added', previous_item_id: 'item_2', item: { ...user, id: 'item_3' } });
  call.sendEvent({ type: 'conversation.item.added', previous_item_id: null, item: { ...user, id: 'item_1' } });
  call.sendEvent({
    type: 'response.output_audio_transcript.done',
    ...part,
    response_id: 'resp_4',
    item_id: 'item_4',
    transcript: 'Fourth turn.',
  });
  // The visitor's transcripts arrive last and in reverse order.
  const usage = { type: 'duration', seconds: 1 };
  const transcribed = { type: 'conversation.item.input_audio_transcription.completed', content_index: 0, usage };
  call.sendEvent({ ...transcribed, item_id: 'item_3', transcript: 'Third turn.' });
  call.sendEvent({ ...transcribed, item_id: 'item_1', transcript: 'First turn.' });
  const wanted = ['First turn.', 'Second turn.', 'Third turn.', 'Fourth turn.'];
  await expect.poll(() => texts(widget)).toEqual(wanted);
  const shown = widget.host.locator('voice-agent-transcript').locator('[part~="message"] p > :last-child');
  await expect(shown).toHaveText(wanted);
  expect(await cleanup.errors()).toEqual([]);
});

test('case 48: answers with swapped events are shown correctly', async ({ widget, site, cleanup }) => {
  const call = await typedCall(widget, site);
  const swaps: Fault[] = ['response.output_item.added', 'conversation.item.added', 'response.output_text.done'].map((type) => ({
    at: 'event',
    type,
    fault: 'reorder',
  }));
  for (const fault of swaps) site.sandbox.fault(fault);
  await expectAnswer(widget, call, 'One?', 'One it is.');
  await expectAnswer(widget, call, 'Two?', 'Two it is.');
  await expect.poll(() => texts(widget)).toEqual(['One?', 'One it is.', 'Two?', 'Two it is.']);
  expect(await cleanup.errors()).toEqual([]);
});

test('case 49: duplicate events count once', async ({ widget, site, cleanup, fired }) => {
  const script = `document.querySelector('voice-agent').tools = [{ name: 'count', execute: () => (window.counted = (window.counted ?? 0) + 1) }];`;
  const call = await typedCall(widget, site, { script });
  site.sandbox.fault({ at: 'event', fault: 'duplicate' });
  call.replyNext({ items: [{ call: 'count', arguments: {} }] });
  await widget.say('Count!');
  await expect.poll(() => sentBy(call, 'function_call_output')).toHaveLength(1);
  await expectAnswer(widget, call, 'And now?', 'Counted once.');
  expect(await widget.page.evaluate(() => (window as { counted?: number }).counted)).toBe(1);
  expect(sentBy(call, 'function_call_output')).toHaveLength(1);
  const said = (await fired.of('voice-agent-message')).map(({ message }) => message.text);
  expect(said.filter((text) => text === 'Counted once.')).toHaveLength(1);
  expect((await texts(widget)).filter((text) => text === 'Counted once.')).toHaveLength(1);
  // A turn in progress has only its deltas.
  const part = { response_id: 'resp_twice', item_id: 'item_twice', output_index: 0, content_index: 0 };
  for (const delta of ['Said ', 'once.']) call.sendEvent({ type: 'response.output_audio_transcript.delta', ...part, delta });
  await expectAnswer(widget, call, 'Anything else?', 'Nothing.');
  expect(await texts(widget)).toContain('Said once.');
  expect(await cleanup.errors()).toEqual([]);
});

test('case 50: 10,000 deltas in a second render at most once per frame, without loss', async ({ widget, site, cleanup }) => {
  await catchChannel(widget);
  const call = await typedCall(widget, site);
  // Dispatched on the channel in the page, so that the network of a busy machine does not affect the rate.
  const { frames, batches, painted, ms } = await widget.page.evaluate(async () => {
    const seen = { frames: 0, batches: 0, painted: 0, ms: 0 };
    const log = document.querySelector('voice-agent')?.shadowRoot?.querySelector('voice-agent-transcript')?.shadowRoot;
    document.addEventListener('voice-agent-transcript', () => seen.batches++);
    new MutationObserver(() => seen.painted++).observe(log as Node, { subtree: true, childList: true, characterData: true });
    const frame = (): void => {
      seen.frames++;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    const place = { response_id: 'resp_burst', item_id: 'item_burst', output_index: 0, content_index: 0 };
    const since = performance.now();
    for (let sent = 0; sent < 10_000; await new Promise((resolve) => setTimeout(resolve, 10))) {
      const due = Math.min(10_000, Math.ceil((performance.now() - since + 10) * 10));
      for (; sent < due; sent++) {
        const event = { type: 'response.output_audio_transcript.delta', event_id: `burst_${String(sent)}`, ...place, delta: 'ab ' };
        window.channel.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(event) }));
      }
    }
    seen.ms = performance.now() - since;
    return seen;
  });
  await expect.poll(async () => (await texts(widget)).at(-1)?.length).toBe(30_000);
  test.info().annotations.push({
    type: 'burst',
    description: `${ms.toFixed(0)} ms, ${String(batches)} batches, ${String(painted)} paints, ${String(frames)} frames`,
  });
  expect(batches).toBeGreaterThan(1);
  // If frames are late, the transcript renders on a 100 ms timer.
  const most = frames + Math.ceil(ms / 100) + 1;
  expect(batches).toBeLessThanOrEqual(most);
  expect(painted).toBeLessThanOrEqual(most);
  // A smaller burst over the network.
  site.sandbox.fault({
    at: 'call',
    fault: 'burst',
    count: 500,
    perSecond: 10_000,
    delta: 'ab ',
    when: { event: 'response.done' },
    times: 1,
  });
  await expectAnswer(widget, call, 'Still there?', 'Still here.');
  await expect.poll(async () => (await texts(widget)).join().split('ab ').length - 1, { timeout: 30_000 }).toBe(10_500);
  expect(await cleanup.errors()).toEqual([]);
});

test('case 51: a non-fatal error is reported, and the call continues', async ({ widget, site, cleanup }) => {
  const call = await typedCall(widget, site);
  const error = { type: 'server_error', code: 'internal', message: 'A hiccup in the machine.', param: null, event_id: null };
  call.sendEvent({ type: 'error', error });
  await expect(widget.alert).toContainText(enPanel.errors.server_error.detail);
  expect(await cleanup.errors()).toEqual([{ code: 'server_error', message: error.message, recoverable: true, retryAfter: undefined }]);
  expect(await widget.host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => agent.state)).toBe('connected');
  await expectAnswer(widget, call, 'Still there?', 'Still here.');
  await expect(widget.alert).toHaveText('');
  // An event sent by the page was rejected.
  await widget.host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => agent.sendEvent({ type: 'no.such.event' }));
  await expect.poll(async () => (await cleanup.errors()).map(({ code }) => code)).toEqual(['server_error', 'server_error']);
  await expectAnswer(widget, call, 'And now?', 'As before.');
});

/** Exposes the data channel in the page. Call before the page opens. */
const catchChannel = (widget: Widget): Promise<unknown> =>
  widget.page.addInitScript(() => {
    const create = RTCPeerConnection.prototype.createDataChannel;
    RTCPeerConnection.prototype.createDataChannel = function (...options) {
      return (window.channel = create.apply(this, options));
    };
  });

const droppedBy = (widget: Widget): Promise<number> =>
  widget.host.evaluate(
    (agent: HTMLElementTagNameMap['voice-agent']) => (agent.session?.transport as unknown as { dropped: number }).dropped,
  );

function sentBy(call: SandboxCall, itemType: string): unknown[] {
  return call.events.filter(
    ({ direction, event }) => direction === 'in' && (event['item'] as { type?: string } | undefined)?.type === itemType,
  );
}

declare global {
  interface Window {
    channel: RTCDataChannel;
    longTasks: number[];
  }
}
