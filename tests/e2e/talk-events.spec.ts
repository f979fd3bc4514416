/** Every event that a page receives during a call: its type, its detail, and that it is emitted once. */
import type { Message } from '../../src/contract/messages.js';
import { chromiumLaunch } from '../support/chromium.js';
import { record } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const voice = await record('events', [4_000, 'What time is it now?', 60_000]);
test.use({ launchOptions: chromiumLaunch({ wav: voice.path }) });

test('a call emits the documented events with their details', async ({ widget, site, fired }) => {
  site.sandbox.script({ transcripts: ['What time is it now?'], replies: ['It is noon, and the sun is shining.'] });
  await widget.open(site);
  await widget.button('Start talking').click();
  const call = await site.sandbox.nextCall({ timeoutMs: 20_000 });
  await call.waitForServerEvent('output_audio_buffer.stopped', { timeoutMs: 40_000 });
  await widget.say('Thank you');
  await expect(widget.transcript.getByText('You wrote: Thank you')).toBeVisible();
  await widget.reaches('listening');
  await widget.button('End call').click();
  await widget.reaches('disconnected');
  await call.ended;

  const all = await fired.all();
  expect(all[0]?.type, 'the first event').toBe('voice-agent-before-connect');
  expect(await fired.of('voice-agent-before-connect')).toEqual([{ config: { tokenUrl: '/voice/token', baseUrl: site.sandbox.url } }]);

  expect(await fired.of('voice-agent-state-change')).toEqual([
    { state: 'connecting', previous: 'idle' },
    { state: 'connected', previous: 'connecting' },
    { state: 'disconnecting', previous: 'connected' },
    { state: 'disconnected', previous: 'disconnecting', reason: 'user' },
  ]);

  const activities = await fired.of('voice-agent-activity-change');
  expect(activities.map(({ activity }) => activity).join(' ')).toMatch(
    /^listening user-speaking thinking speaking listening thinking speaking listening$/,
  );
  activities.forEach(({ previous }, index) => expect(previous).toBe(activities[index - 1]?.activity));

  const messages = (await fired.of('voice-agent-message')).map(({ message }) => message);
  const turns: Partial<Message>[] = [
    { role: 'user', text: 'What time is it now?', status: 'done', via: 'voice' },
    { role: 'assistant', text: 'It is noon, and the sun is shining.', status: 'done', via: 'voice' },
    { role: 'user', text: 'Thank you', status: 'done', via: 'text' },
    { role: 'assistant', text: 'You wrote: Thank you', status: 'done', via: 'voice' },
  ];
  expect(messages).toMatchObject(turns);
  expect(messages).toHaveLength(turns.length);
  expect(await widget.messages()).toEqual(messages);

  // Streaming text only grows, and precedes its finished turn.
  const streamed = (await fired.of('voice-agent-transcript')).map(({ message }) => message);
  for (const { id, text } of messages.filter(({ role }) => role === 'assistant')) {
    const parts = streamed.filter((message) => message.id === id).map((message) => message.text);
    expect(parts.length, text).toBeGreaterThan(1);
    parts.forEach((part, index) => expect(part.startsWith(parts[index - 1] ?? '')).toBe(true));
    expect(text.startsWith(parts.at(-1) ?? '?')).toBe(true);
  }

  // Each raw event is emitted once, unchanged and in the order in which it was sent.
  const raw = (await fired.of('voice-agent-server-event')).map(({ event }) => event);
  expect(raw).toEqual(call.events.filter(({ direction }) => direction === 'out').map(({ event }) => event));
  expect(new Set(raw.map((event) => event['event_id'])).size).toBe(raw.length);

  expect(await fired.of('voice-agent-error')).toEqual([]);
  expect(await fired.of('voice-agent-tool-start')).toEqual([]);
});

test('events bubble out of surrounding shadow trees', async ({ page, widget, site }) => {
  await widget.open(site, {
    script: `
      const section = document.querySelector('section');
      const root = section.attachShadow({ mode: 'open' });
      root.append(document.querySelector('voice-agent'));
      window.heardAt = [];
      for (const name of ['voice-agent-before-connect', 'voice-agent-state-change', 'voice-agent-connect-request', 'voice-agent-open-request'])
        document.addEventListener(name, (event) => heardAt.push([name, event.target.localName]));`,
    body: '<section></section>',
  });
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  const heard = await page.evaluate(() => (window as unknown as { heardAt: [string, string][] }).heardAt);
  // Internal events of the views do not leave the element.
  expect(heard).toEqual([
    ['voice-agent-before-connect', 'section'],
    ['voice-agent-state-change', 'section'],
    ['voice-agent-state-change', 'section'],
  ]);
});
