/** A site with the token route, whose requests come from the address given by the test. */
import type { VoiceServerOptions } from '../../../src/server/index.js';
import { PAGE, goodAnswer, server, upstream } from '../token-route-support.js';

/** A site whose requests come from the address given by the test. */
export function addressedSite(options: Partial<VoiceServerOptions> = {}, answer: Parameters<typeof upstream>[0] = goodAnswer) {
  const { fetch, asked } = upstream(answer);
  const { app, refusals } = server({ fetch, remoteAddress: (request) => request.headers.get('X-Test-Address') ?? undefined, ...options });
  const ask = async (address?: string, { profile = '', ...headers }: Record<string, string> = {}) => {
    const all = { Origin: PAGE, ...(address !== undefined && { 'X-Test-Address': address }), ...headers };
    const answer = await app.request(`/voice/token${profile && `?profile=${profile}`}`, { method: 'POST', headers: all });
    const { code } = (await answer.json()) as { code?: string };
    const retryAfter = answer.headers.get('Retry-After');
    return { status: answer.status, code, retryAfter: retryAfter === null ? undefined : Number(retryAfter) };
  };
  return { ask, asked, refusals };
}
