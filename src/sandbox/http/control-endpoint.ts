/**
 * The control endpoint, `/sandbox/…`: scripts, faults and inspection as JSON over HTTP, for tests in other languages
 * and processes. Owns the routes and their validation; the work is done by the objects that in-process tests use.
 * README.md lists the routes.
 *
 * It answers only requests whose host is a loopback name or the sandbox's own address, and accepts bodies only as
 * `application/json`, so that web pages cannot drive it. It sends no CORS headers.
 */
import type { Hono } from 'hono';
import { ApiError } from '../protocol/api-error.js';
import type { Call } from '../call/call.js';
import { bodyOf, notFound, waitMs } from './control-route.js';
import type { ControlRoute } from './control-route.js';
import type { EventMatch, RecordedEvent } from '../call/event-log.js';
import { writeWav } from '../media/wav.js';
import { addPhoneControlRoutes } from './phone-control-routes.js';
import { PROFILE_NAMES } from '../profiles/index.js';
import type { ProfileName, SocketRules } from '../profiles/profile.js';
import type { SandboxCore } from '../core/sandbox-core.js';
import { faultSchema } from '../scripting/faults.js';
import type { Fault } from '../scripting/faults.js';
import type { Reply } from '../session/session-script.js';
import { scriptSchema } from '../scripting/script-schema.js';
import { amount, anything, flag, isRecord, list, object, oneOf, text } from '../protocol/schema.js';
import type { Schema } from '../protocol/schema.js';
import { SandboxTimeout } from '../clock.js';

type App = Hono<{ Bindings: { incoming?: { socket?: { destroy(): void } } } }>;

/** Adds the control routes to an app. `host` is the address that the sandbox listens on. */
export function addControlEndpoint(app: App, core: SandboxCore, host: string): void {
  app.use('/sandbox/*', async (context, next) => {
    const name = new URL(context.req.url).hostname.replace(/^\[|\]$/g, '');
    if (!['127.0.0.1', 'localhost', '::1', host].includes(name)) {
      return context.json({ error: `the control endpoint does not accept requests for the host ${name}` }, 403);
    }
    if (context.req.header('origin') !== undefined)
      return context.json({ error: 'the control endpoint does not accept requests from web pages' }, 403);
    return next();
  });
  const route: ControlRoute = (method, path, handle) => {
    app.on(method.toUpperCase(), `/sandbox${path}`, async (context) => {
      try {
        const result = await handle(context);
        return result instanceof Response ? result : context.json(result ?? { ok: true });
      } catch (error) {
        if (error instanceof ApiError) return Response.json(error.body(), { status: error.status });
        if (error instanceof SandboxTimeout) return context.json({ error: error.message, seen: error.seen }, 408);
        throw error;
      }
    });
  };
  addScriptRoutes(route, core);
  addReadingRoutes(route, core);
  addCallRoutes(route, core);
  addPhoneControlRoutes(route, core);
  app.all('/sandbox/*', (context) => context.json({ error: `unknown route: ${context.req.method} ${context.req.path}` }, 404));
}

const socketSchema = object({ selects: flag, keys: list(oneOf('header', 'subprotocol', 'query', 'cookie', 'none')) });

function addScriptRoutes(route: ControlRoute, core: SandboxCore): void {
  route('put', '/profile', async (context) => {
    const { profile, socket } = await bodyOf(context, object({ profile: oneOf(...PROFILE_NAMES), socket: socketSchema }, ['profile']));
    core.play(profile as ProfileName, socket as Partial<SocketRules> | undefined);
  });
  route('put', '/script', async (context) => {
    core.setScript(await bodyOf(context, scriptSchema));
  });
  route('delete', '/script', () => {
    core.setScript({});
  });
  route('put', '/scenarios/:name', async (context) => {
    core.setScript(await bodyOf(context, scriptSchema), context.req.param('name') ?? '');
  });
  route('delete', '/scenarios/:name', (context) => {
    if (!core.dropScenario(context.req.param('name') ?? '')) throw notFound('scenario');
  });
  route('post', '/faults', async (context) => {
    const { scenario, ...fault } = await bodyOf(context, (value, path) => {
      const fault = isRecord(value) ? { ...value } : {};
      delete fault['scenario'];
      faultSchema(fault, path);
    });
    core.arm(fault as unknown as Fault, scenario as string | undefined);
  });
  route('post', '/keys', async (context) => {
    const schema = object({ seconds: amount(1, 7_200, true), session: anything, scenario: text(), api_key: text() });
    const { seconds = 600, session, scenario, api_key } = await bodyOf(context, schema);
    if (api_key !== undefined) {
      if (scenario === undefined) throw new ApiError({ message: 'Binding an API key requires a scenario.', param: 'scenario' });
      core.keys.bind(api_key as string, scenario as string);
      return { ok: true };
    }
    const key = core.mint(seconds as number, session as Record<string, unknown> | undefined, scenario as string | undefined);
    return { value: key.value, expires_at: key.expiresAt, scenario: key.scenario ?? null };
  });
  route('post', '/reset', () => {
    core.reset();
  });
}

function addReadingRoutes(route: ControlRoute, core: SandboxCore): void {
  for (const root of ['', '/'])
    route('get', root, () => ({
      ok: true,
      profile: core.profile.name,
      calls: core.calls.length,
      live: core.calls.filter(({ state }) => state !== 'ended').length,
    }));
  route('get', '/keys', () =>
    core.keys.minted.map(({ value, expiresAt, session, scenario, uses }) => ({
      value,
      expires_at: expiresAt,
      session: session ?? null,
      scenario: scenario ?? null,
      uses,
    })),
  );
  route('get', '/requests', () => core.requests.entries);
  route('get', '/calls', () => core.calls.map(summary));
  route('get', '/calls/next', async (context) => {
    const call = await core.nextCall({ timeoutMs: waitMs(context) });
    return summary(callOf(core, call.id));
  });
  route('get', '/calls/:id', (context) => {
    const call = callOf(core, context.req.param('id'));
    return { ...summary(call), session: call.sessionConfig, items: call.items };
  });
  route('get', '/calls/:id/events', (context) => {
    const after = Number(context.req.query('after') ?? 0);
    const { direction, type } = context.req.query();
    return callOf(core, context.req.param('id')).events.filter(
      (entry) =>
        entry.index >= after && (direction === undefined || entry.direction === direction) && (type === undefined || entry.type === type),
    );
  });
  route('get', '/calls/:id/wait', async (context): Promise<RecordedEvent> => {
    const call = callOf(core, context.req.param('id'));
    const { type, direction = 'in' } = context.req.query();
    const match: EventMatch = type ?? (() => true);
    const options = { timeoutMs: waitMs(context), after: Number(context.req.query('after') ?? 0) };
    return direction === 'in' ? call.waitForClientEvent(match, options) : call.waitForServerEvent(match, options);
  });
  route('get', '/calls/:id/input-level', (context) => {
    const call = callOf(core, context.req.param('id'));
    const since = Number(context.req.query('since') ?? 0);
    return {
      dbfs: call.inputLevel({ since }),
      silence_since: call.silenceSince ?? null,
      levels: call.levels.filter(({ at }) => at >= since),
    };
  });
  route('get', '/calls/:id/input.wav', (context) => {
    const pcm = callOf(core, context.req.param('id')).inputAudio({ since: Number(context.req.query('since') ?? 0) });
    return new Response(writeWav(pcm) as BodyInit, { headers: { 'content-type': 'audio/wav' } });
  });
}

function addCallRoutes(route: ControlRoute, core: SandboxCore): void {
  const act = (path: string, schema: Schema, action: (call: Call, body: Record<string, unknown>) => void): void => {
    route('post', `/calls/:id/${path}`, async (context) => {
      const call = callOf(core, context.req.param('id'));
      action(call, await bodyOf(context, schema));
    });
  };
  act('send', object({ event: anything, raw: text(), binary: text() }), (call, { event, raw, binary }) => {
    if (isRecord(event)) call.sendEvent({ type: 'unknown', ...event });
    if (typeof raw === 'string') call.sendRaw(raw);
    if (typeof binary === 'string') call.sendBinary(Buffer.from(binary, 'base64'));
  });
  const replyOnly = object(
    {
      reply: (value, path) => {
        scriptSchema({ replies: [value] }, path);
      },
    },
    ['reply'],
  );
  act('reply', replyOnly, (call, { reply }) => {
    call.replyNext(reply as Reply);
  });
  act('close-channel', object({}), (call) => {
    call.closeChannel();
  });
  act('close-sidebands', object({ code: amount(1_000, 4_999, true) }), (call, { code }) => {
    call.closeSidebands(code as number | undefined);
  });
  act('loss', object({ share: amount(0, 1) }, ['share']), (call, { share }) => {
    call.setLoss(share as number);
  });
  act('silence', object({ on: anything }, ['on']), (call, { on }) => {
    call.setSilence(on === true);
  });
  act('hang-up', object({}), (call) => {
    call.hangUp();
  });
}

function callOf(core: SandboxCore, id: string | undefined): Call {
  const call = core.find(id ?? '');
  if (call === undefined) throw notFound('call');
  return call;
}

function summary(call: Call): Record<string, unknown> {
  return {
    id: call.id,
    kind: call.kind,
    profile: call.profile,
    state: call.state,
    end_reason: call.endReason ?? null,
    started_at: call.startedAt,
    events: call.events.length,
    frames: call.frames,
    input_dbfs: call.inputLevel(),
    silence_since: call.silenceSince ?? null,
  };
}
