/** A Worker that runs a test's operations on a `DurableState`, many at once. Each test names its own objects, and the time. */
import { DurableState } from '../../../src/server/runtime/cloudflare/durable-state.js';
import type { Amounts, CallRegistry, CallNotice, SharedState } from '../../../src/server/contract/shared-state.js';
import type { DurableNamespace } from '../../../src/server/runtime/cloudflare/durable-context.js';

export { VoiceState } from '../../../src/server/runtime/cloudflare/voice-state.js';

/** Bound because every test Worker has both. */
export class VoiceCall {}

/** One operation of a test. */
export interface Asked {
  readonly objects: string;
  readonly shards: number;
  readonly now: number;
  readonly method: keyof SharedState | `calls.${keyof CallRegistry}`;
  readonly args: readonly unknown[];
}

/** Its result. */
export type Answered = { readonly answer: unknown } | { readonly error: string };

export default {
  async fetch(request: Request, env: { VOICE_STATE: DurableNamespace }): Promise<Response> {
    const questions = (await request.json()) as readonly Asked[];
    const [first] = questions;
    if (first?.method === 'calls.listen') return listen(stateFor(first, env), String(first.args[0]), request.signal);
    return Response.json(await Promise.all(questions.map((question) => answer(stateFor(question, env), question))));
  },
};

function stateFor({ objects, shards, now }: Asked, env: { VOICE_STATE: DurableNamespace }): SharedState {
  const namespace: DurableNamespace = {
    idFromName: (name) => env.VOICE_STATE.idFromName(`${objects} ${name}`),
    get: (id) => env.VOICE_STATE.get(id),
  };
  return new DurableState({ namespace, shards, clock: { now: () => now, after: () => () => undefined } });
}

async function answer(state: SharedState, { method, args }: Asked): Promise<Answered> {
  try {
    if (method === 'calls.renew')
      return { answer: await state.calls.renew(args[0] as string, args[1] as number, new Map(args[2] as [string, Amounts][])) };
    const owner = method.startsWith('calls.') ? state.calls : state;
    const asked = owner[method.replace('calls.', '') as never] as (...args: readonly unknown[]) => Promise<unknown>;
    return { answer: (await asked.apply(owner, [...args])) ?? null };
  } catch (error) {
    return { error: String(error) };
  }
}

/** Lines of JSON until the test disconnects. */
async function listen(state: SharedState, id: string, signal: AbortSignal): Promise<Response> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const write = (line: string): void => void writer.write(new TextEncoder().encode(`${line}\n`)).catch(() => undefined);
  const end = (): void => void writer.close().catch(() => undefined);
  const stop = await state.calls.listen(id, (notice: CallNotice) => {
    write(JSON.stringify(notice));
    if (notice.type === 'ended') end();
  });
  signal.addEventListener('abort', () => {
    stop();
    end();
  });
  write('');
  return new Response(readable, { headers: { 'Content-Type': 'text/event-stream' } });
}
