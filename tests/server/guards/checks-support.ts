/** Shared by the tests of visitor checks: a server that requires a proof for keys, over a real socket. */
import type { VoiceServerOptions } from '../../../src/server/index.js';
import { serve } from '../../../src/server/runtime/node/serve.js';
import { afterTest } from '../real-server.js';
import { PAGE, goodAnswer, server, upstream } from '../token-route-support.js';

/** A server on Node with this check and no rate limits. Records mint requests and refusals. */
export async function checkedServer(visitor: VoiceServerOptions['visitor'], options: Partial<VoiceServerOptions> = {}) {
  const { fetch: mint, asked } = upstream(goodAnswer);
  const { app, refusals } = server({
    fetch: mint,
    ...(visitor && { visitor }),
    rates: { perAddress: false, perVisitor: false, perProfile: false, global: false },
    budget: { callsPerDay: false, maxConcurrent: false },
    ...options,
  });
  const running = await serve(app);
  afterTest(() => running.close());
  const ask = async (headers: Record<string, string> = {}, init: RequestInit = {}) => {
    const answer = await fetch(`${running.url}/voice/token`, { method: 'POST', ...init, headers: { Origin: PAGE, ...headers } });
    const text = await answer.text();
    return { status: answer.status, code: (JSON.parse(text || '{}') as { code?: string }).code, text, headers: answer.headers };
  };
  const bearer = (token: string) => ask({ Authorization: `Bearer ${token}` });
  return { ask, bearer, asked, refusals, url: running.url };
}
