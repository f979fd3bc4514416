/** Phone calls in the real workerd: the webhook, the Agents SDK's agent in the call's Durable Object, and the call's limits. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PhoneCall, PhoneCallOptions, Sandbox } from '../../../src/sandbox/index.js';
import { createSandbox } from '../../../src/sandbox/index.js';
import { tone } from '../../unit/sandbox/harness.js';
import { CALLER, NUMBER, OTHER_SECRET, PATIENCE, SECRET } from '../phone/support.js';
import { testedWorker } from './worker-support.js';
import type { TestedWorker } from './worker-support.js';

vi.setConfig({ testTimeout: 90_000 });

const SHORT = '+4930123457';
let sandbox: Sandbox;
let tested: TestedWorker;

beforeAll(async () => {
  sandbox = await createSandbox({ thinkMs: 0, speed: Infinity, speak: (text) => Promise.resolve(tone(Math.max(100, text.length * 30))) });
  tested = await testedWorker(
    sandbox.url,
    {
      profiles: {
        shop: { access: ['phone'], session: { model: 'gpt-realtime-2.1', instructions: 'Sell flowers.' } },
        short: { access: ['phone'], session: { model: 'gpt-realtime-2.1' }, limits: { maxSeconds: 10 } },
      },
      phone: { numbers: { [NUMBER]: 'shop', [SHORT]: 'short' } },
    },
    { OPENAI_WEBHOOK_SECRET: SECRET },
  );
}, 120_000);

afterAll(async () => {
  await tested.close();
  await sandbox.close();
});

const dial = (options: Partial<PhoneCallOptions> = {}): PhoneCall =>
  sandbox.phone.call({ to: NUMBER, from: CALLER, webhookUrl: `${tested.worker.url}/voice/sip`, secret: SECRET, ...options });

describe('a phone call through the Worker', () => {
  it('is accepted and greeted, uses a tool and is hung up by the caller', async () => {
    sandbox.script({
      replies: ['Good day, how can I help?', { items: [{ call: 'price', arguments: { thing: 'a rose' } }] }, 'Seven euros.'],
    });
    const caller = dial();
    expect(await caller.delivered).toEqual({ status: 200, body: '' });
    const call = await caller.answered;
    expect(call.sessionConfig).toMatchObject({ instructions: 'Sell flowers.', tools: [{ name: 'price' }, { name: 'end_call' }] });
    await call.waitForServerEvent('output_audio_buffer.stopped', PATIENCE);
    expect(call.sidebands, 'the agent and the limits share one sideband').toBe(1);
    caller.press('7');
    expect(await tested.heard('phone', ({ step }) => step === 'dtmf')).toMatchObject({ profile: 'shop' });
    await caller.say(tone(1_500));
    await call.waitForServerEvent(
      ({ type, event }) => type === 'response.output_audio_transcript.done' && event['transcript'] === 'Seven euros.',
      PATIENCE,
    );
    expect(JSON.parse(String(call.items.find(({ type }) => type === 'function_call_output')?.['output']))).toMatchObject({
      euros: 7,
      of: 'a rose',
      profile: 'shop',
    });
    caller.hangUp();
    expect(await tested.heard('call-ended', ({ kind, profile }) => kind === 'phone' && profile === 'shop')).toMatchObject({
      spent: { calls: 1 },
    });
    expect(JSON.stringify(tested.events)).not.toContain(CALLER);
  });

  it('is accepted once, whatever the IDs of its webhooks', async () => {
    sandbox.script({ replies: ['Good day.'] });
    const before = sandbox.requests.filter(({ path }) => path.endsWith('/accept')).length;
    const caller = dial();
    const answers = await Promise.all(['wh_1', 'wh_2', 'wh_3'].map((id) => caller.deliver({ id })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await caller.answered;
    expect((await caller.deliver({ id: 'wh_4' })).status).toBe(200);
    expect(caller.state).toBe('talking');
    caller.hangUp();
    expect(sandbox.requests.filter(({ path }) => path.endsWith('/accept'))).toHaveLength(before + 1);
    // The Worker's events arrive after its answers.
    await expect.poll(() => tested.events.filter((event) => event.type === 'phone' && event.step === 'replayed').length).toBe(4);
  });

  it('is refused with a wrong signature, an old timestamp or an unknown number', async () => {
    const forged = dial({ webhook: { signedWith: [OTHER_SECRET] } });
    expect((await forged.delivered).status).toBe(401);
    forged.hangUp();
    const late = dial({ webhook: { skewSeconds: -600 } });
    expect((await late.delivered).status).toBe(401);
    late.hangUp();
    const stranger = dial({ to: '+4930999999' });
    expect(await stranger.ended).toEqual({ by: 'rejected', status: 603 });
  });

  it('ends at its maximum duration, also after the Worker was restarted', async () => {
    sandbox.script({ replies: ['Good day.'] });
    const caller = dial({ to: SHORT });
    const call = await caller.answered;
    await call.waitForServerEvent('output_audio_buffer.stopped', PATIENCE);
    await tested.worker.restart();
    expect(await caller.ended).toMatchObject({ by: 'hangup' });
    expect(await tested.heard('call-ended', ({ profile }) => profile === 'short')).toMatchObject({ reason: 'duration', kind: 'phone' });
  });
});
