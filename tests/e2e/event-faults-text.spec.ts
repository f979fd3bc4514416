/** Hostile text, cases 52 and 53: from any source it is shown as text, loads nothing, and stays within its own turn. */
import type { ReplyItem } from '../../src/sandbox/index.js';
import { expect, test, typedCall } from './fault-fixtures.js';

const HOSTILE = [
  '<img src=x onerror="window.hurt=1">',
  '<img src="/beacon?leak=conversation">',
  '![beacon](/beacon?markdown)',
  '<svg/onload=window.hurt=1><script>window.hurt=1</script></svg>',
  '<svg><animate onbegin=window.hurt=1 attributeName=x></svg>',
  '<a href="javascript:window.hurt=1">click</a>',
  'java\tscript:window.hurt=1',
  '[link](javascript:window.hurt=1)',
  '<iframe srcdoc="<script>parent.hurt=1</script>"></iframe>',
  '<style>@import "/beacon"</style><link rel=stylesheet href="/beacon">',
  '<voice-agent token-url="/beacon" open></voice-agent>',
  '${window.hurt=1} {{hurt}} <!--?lit$0$--> <?lit$1$>',
  '</p></div></section><h1>Broken out</h1>',
  '__proto__ constructor prototype toString',
  '"><details open ontoggle=window.hurt=1>',
];

test('case 52: markup, scripts, beacons and prototype names are shown as text and cause no requests', async ({
  widget,
  site,
  page,
  cleanup,
  spoiled,
}) => {
  const call = await typedCall(widget, site);
  const requests: string[] = [];
  // The widget's own code may still be loading: an established call loads the level meters.
  const isCode = (path: string): boolean => path.startsWith('/chunks/');
  page.on('request', (request) => requests.push(request.url().replace(site.url, '')));
  const before = site.requests.length;

  // From the agent's answer, the visitor's typed text, and the visitor's transcript.
  for (const text of HOSTILE.slice(0, 3)) {
    call.replyNext({ items: [{ text: 'Noted.' }] });
    await widget.say(text);
    await expect(widget.transcript.getByText(text, { exact: true })).toBeVisible();
    await widget.reaches('listening');
  }
  call.replyNext({ items: HOSTILE.map((text): ReplyItem => ({ text })) });
  await widget.say('Your turn');
  HOSTILE.forEach((transcript, index) => {
    const id = `item_hostile_${String(index)}`;
    const item = {
      id,
      type: 'message',
      role: 'user',
      status: 'completed',
      object: 'realtime.item',
      content: [{ type: 'input_audio', transcript: null }],
    };
    call.sendEvent({ type: 'conversation.item.added', previous_item_id: null, item });
    call.sendEvent({
      type: 'conversation.item.input_audio_transcription.completed',
      item_id: id,
      content_index: 0,
      transcript,
      usage: { type: 'duration', seconds: 1 },
    });
  });
  // A URL scheme split across deltas, in items whose IDs are names of Object.prototype properties.
  for (const id of ['__proto__', 'constructor']) {
    for (const delta of ['java', 'script:', 'window.hurt=1']) {
      call.sendEvent({ type: 'response.output_text.delta', response_id: 'resp_x', item_id: id, output_index: 0, content_index: 0, delta });
    }
  }
  spoiled.push(({ type }) => type === 'invalid');
  call.sendRaw(
    '{"type":"session.updated","event_id":"e1","__proto__":{"polluted":1},"session":{"type":"realtime","__proto__":{"polluted":1}}}',
  );
  call.sendRaw(
    '{"type":"conversation.item.added","event_id":"e2","item":{"id":"e2","type":"message","role":"user","content":[],"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}',
  );

  await expect
    .poll(async () => {
      const said = (await widget.messages()).map(({ text }) => text);
      return HOSTILE.filter((text) => said.filter((one) => one === text).length < 2);
    })
    .toEqual([]);
  await expect.poll(async () => (await widget.messages()).filter(({ text }) => text === 'javascript:window.hurt=1')).toHaveLength(2);
  const rows = widget.host.locator('voice-agent-transcript').locator('[part~="message"]');
  for (const text of HOSTILE) await expect(rows.getByText(text, { exact: true }).first()).toBeAttached();

  const tags = await rows.evaluateAll((elements) => [
    ...new Set(elements.flatMap((row) => [...row.querySelectorAll('*')].map(({ localName }) => localName))),
  ]);
  expect(tags.sort()).toEqual(['p', 'small', 'span']);
  const harm = await page.evaluate(() => [
    (window as { hurt?: number }).hurt,
    ({} as { polluted?: number }).polluted,
    document.querySelectorAll('voice-agent').length,
  ]);
  expect(harm).toEqual([undefined, undefined, 1]);
  expect(requests.filter((path) => !isCode(path))).toEqual([]);
  expect(site.requests.slice(before).filter((path) => !isCode(path))).toEqual([]);
  expect(await cleanup.errors()).toEqual([]);
});

test('case 53: direction marks and invisible characters do not affect other turns', async ({ widget, site, page }) => {
  const call = await typedCall(widget, site);
  const turns = [
    '\u202Eevil \u2067right to left',
    'Plain words.',
    '\u2066\u2066\u2066open isolates',
    'zero\u200B\u200Dwi\uFEFFdth',
    'مرحبا بالعالم',
    'After all.',
  ];
  call.replyNext({ items: turns.map((text): ReplyItem => ({ text })) });
  await widget.say('Go');
  await expect.poll(async () => (await widget.messages()).map(({ text }) => text)).toEqual(['Go', ...turns]);

  const rows = widget.host.locator('voice-agent-transcript').locator('[part~="message"] p');
  await expect(rows).toHaveCount(turns.length + 1);
  const shown = await rows.evaluateAll((elements) =>
    elements.map((element) => {
      const { unicodeBidi, direction } = getComputedStyle(element);
      return { text: element.lastElementChild?.textContent, isolated: /isolate|plaintext/.test(unicodeBidi), direction };
    }),
  );
  expect(shown.map(({ isolated }) => isolated)).not.toContain(false);
  expect(shown.map(({ direction }) => direction)).toEqual(['ltr', 'ltr', 'ltr', 'ltr', 'ltr', 'rtl', 'ltr']);
  // Also left to right on the screen: the first letter of a plain turn is left of its last, regardless of the preceding turns.
  const order = await page.evaluate(
    (plain) => {
      const log = document.querySelector('voice-agent')?.shadowRoot?.querySelector('voice-agent-transcript')?.shadowRoot;
      return plain.map((text) => {
        const row = [...(log?.querySelectorAll('[part~="message"] p > :last-child') ?? [])].find(({ textContent }) => textContent === text);
        const place = (at: number): number => {
          const range = document.createRange();
          range.setStart(row?.firstChild as Text, at);
          range.setEnd(row?.firstChild as Text, at + 1);
          return range.getBoundingClientRect().left;
        };
        return place(0) < place(text.length - 1);
      });
    },
    ['Plain words.', 'After all.'],
  );
  expect(order).toEqual([true, true]);
});
