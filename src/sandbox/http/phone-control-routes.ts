/** The control endpoint's routes for phone calls, `/sandbox/phone/calls`: `sandbox.phone` as JSON. */
import type { Context } from 'hono';
import { ApiError } from '../protocol/api-error.js';
import { bodyOf, notFound, waitMs } from './control-route.js';
import type { ControlRoute } from './control-route.js';
import { WavError, writeWav } from '../media/wav.js';
import type { PlacedCall } from '../phone/placed-call.js';
import type { PhoneCallOptions, PhoneSound, SipHeader, WebhookForgery } from '../phone/phone-call.js';
import type { SandboxCore } from '../core/sandbox-core.js';
import { amount, choose, list, object, text } from '../protocol/schema.js';
import type { Schema } from '../protocol/schema.js';
import { SandboxTimeout } from '../clock.js';

const sound: Schema = choose(
  { when: (value) => typeof value === 'string', schema: text(2_000) },
  { when: (value) => typeof value === 'number', schema: amount(0, 600_000) },
  { when: () => true, schema: object({ wav: text() }, ['wav']) },
);
const audio: Schema = choose({ when: Array.isArray, schema: list(sound) }, { when: () => true, schema: sound });
const forgery = { url: text(), id: text(), type: text(), skew_seconds: amount(-1e9, 1e9, true), signed_with: list(text()), body: text() };
const callSchema = object(
  {
    to: text(),
    from: text(),
    webhook_url: text(),
    secret: text(),
    headers: list(object({ name: text(), value: text() }, ['name', 'value'])),
    audio,
    keys: text(),
    ring_seconds: amount(1, 600),
    webhook: object(forgery),
  },
  ['to', 'webhook_url', 'secret'],
);

/** Adds the routes to the control endpoint. */
export function addPhoneControlRoutes(route: ControlRoute, core: SandboxCore): void {
  route('get', '/phone/calls', () => core.phone.calls.map(summary));
  route('post', '/phone/calls', async (context) => {
    const body = await bodyOf(context, callSchema);
    const call = usable(() => core.phone.call(optionsOf(body)));
    const { status } = await call.delivered;
    return { ...summary(call), webhook_status: status ?? null };
  });
  route('get', '/phone/calls/:id', (context) => summary(callOf(core, context)));
  route('get', '/phone/calls/:id/ended', async (context) => {
    const call = callOf(core, context);
    const timeoutMs = waitMs(context);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, refuse) => {
      timer = setTimeout(() => {
        refuse(new SandboxTimeout(`the call did not end within ${String(timeoutMs)} ms`, [call.state]));
      }, timeoutMs);
    });
    await Promise.race([call.ended, late]).finally(() => {
      clearTimeout(timer);
    });
    return summary(call);
  });
  route('get', '/phone/calls/:id/heard.wav', (context) => {
    const pcm = callOf(core, context).heard({ since: Number(context.req.query('since') ?? 0) });
    return new Response(writeWav(pcm) as BodyInit, { headers: { 'content-type': 'audio/wav' } });
  });
  route('post', '/phone/calls/:id/say', async (context) => {
    const call = callOf(core, context);
    const body = await bodyOf(context, object({ audio }, ['audio']));
    await usable(() => call.say(soundsOf(body['audio'])));
  });
  route('post', '/phone/calls/:id/keys', async (context) => {
    const call = callOf(core, context);
    const body = await bodyOf(context, object({ keys: text() }, ['keys']));
    usable(() => {
      call.press(body['keys'] as string);
    });
  });
  route('post', '/phone/calls/:id/webhook', async (context) => {
    const call = callOf(core, context);
    const { status, body } = await call.deliver(forgeryOf(await bodyOf(context, object(forgery))));
    return { status: status ?? null, body };
  });
  route('post', '/phone/calls/:id/hang-up', async (context) => {
    const call = callOf(core, context);
    await bodyOf(context, object({}));
    call.hangUp();
  });
}

function callOf(core: SandboxCore, context: Context): PlacedCall {
  const call = core.phone.calls.find(({ id }) => id === context.req.param('id'));
  if (call === undefined) throw notFound('phone call');
  return call;
}

/** Reports invalid input as an error of the request. */
function usable<Value>(action: () => Value): Value {
  const asApiError = (error: unknown): never => {
    throw error instanceof TypeError || error instanceof WavError ? new ApiError({ message: error.message }) : error;
  };
  try {
    const value = action();
    return value instanceof Promise ? (value.catch(asApiError) as Value) : value;
  } catch (error) {
    return asApiError(error);
  }
}

function optionsOf(body: Record<string, unknown>): PhoneCallOptions {
  const { to, from, webhook_url, secret, headers, keys, ring_seconds, webhook } = body;
  return {
    to: to as string,
    webhookUrl: webhook_url as string,
    secret: secret as string,
    ...(from !== undefined && { from: from as string }),
    ...(headers !== undefined && { headers: headers as SipHeader[] }),
    ...(body['audio'] !== undefined && { audio: soundsOf(body['audio']) }),
    ...(keys !== undefined && { keys: keys as string }),
    ...(ring_seconds !== undefined && { ringSeconds: ring_seconds as number }),
    ...(webhook !== undefined && { webhook: forgeryOf(webhook as Record<string, unknown>) }),
  };
}

function forgeryOf({ skew_seconds, signed_with, ...rest }: Record<string, unknown>): WebhookForgery {
  return {
    ...rest,
    ...(skew_seconds !== undefined && { skewSeconds: skew_seconds as number }),
    ...(signed_with !== undefined && { signedWith: signed_with as string[] }),
  };
}

function soundsOf(given: unknown): PhoneSound[] {
  return (Array.isArray(given) ? (given as unknown[]) : [given]).map((one) =>
    typeof one === 'object' ? Buffer.from((one as { wav: string }).wav, 'base64') : (one as string | number),
  );
}

function summary(call: PlacedCall): Record<string, unknown> {
  const { id, to, from, state, end, pressed } = call;
  return { id, to, from, state, end: end ?? null, pressed, heard_dbfs: call.heardLevel(), heard_ms: call.levels.length * 20 };
}
