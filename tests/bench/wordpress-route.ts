/**
 * The time that the WordPress plug-in's call route adds to connecting: its answer to an offer compared with that of the Node server, on the
 * same machine, with the same API, in alternating turns. PHP runs with opcache, as on a host.
 */
import { Hono } from 'hono';
import { createVoiceServer } from '../../src/server/index.js';
import type { VoiceServer } from '../../src/server/index.js';
import { serve } from '../../src/server/runtime/node/serve.js';
import { wordPressCalls } from '../server/wordpress/wordpress-calls.js';
import { difference } from '../support/bench-figure.js';
import type { Figure } from '../support/bench-figure.js';
import { createVisitor } from '../unit/sandbox-media/visitor.js';

/** Turns before the measurement, in which both load their code. */
const WARM_UP = 8;

/** Takes about half a minute. */
export async function measureWordPressRoute(rounds = 30): Promise<Figure[]> {
  const site = await wordPressCalls();
  const peer = await createVisitor();
  const app = new Hono();
  let voice: VoiceServer | undefined;
  app.all('/voice/*', (c) => voice?.fetch(c.req.raw, c.env) ?? c.notFound());
  const server = await serve(app);
  try {
    await site.configure({ places: 50, calls_per_day: 1000, minutes_per_day: 100_000, minutes_per_visitor: 100_000, money_per_day: '' });
    const visitor = await site.visitor();
    voice = createVoiceServer({
      allowedOrigins: [server.url],
      upstream: { baseUrl: site.sandbox.url, apiKey: 'sk-sandbox-bench' },
      session: { model: 'gpt-realtime-2.1', transcription: { model: 'gpt-transcribe' } },
      rates: { perAddress: false, perVisitor: false, perProfile: false, global: false },
    });
    const origin = { Origin: server.url };
    const sides = {
      php: {
        offer: () => visitor.offer(peer.offer),
        end: (path: string) => visitor.send(`${new URL(path).pathname}?_wpnonce=${visitor.nonce}`, { method: 'DELETE' }),
      },
      node: {
        offer: () =>
          fetch(`${server.url}/voice/call`, {
            method: 'POST',
            body: peer.offer,
            headers: { ...origin, 'Content-Type': 'application/sdp' },
          }),
        end: (path: string) => fetch(server.url + path, { method: 'DELETE', headers: origin }),
      },
    };
    const times = { php: [] as number[], node: [] as number[] };
    for (let round = -WARM_UP; round < rounds; round++) {
      for (const [name, { offer, end }] of Object.entries(sides)) {
        const began = performance.now();
        const answer = await offer();
        await answer.text();
        if (round >= 0) times[name as keyof typeof sides].push(performance.now() - began);
        if (answer.status !== 201) throw new Error(`${name} answered ${String(answer.status)}`);
        await end(answer.headers.get('Location') ?? '');
      }
    }
    return [difference('WordPress: time added to the answer to an offer', 60, times.php, 'the Node server', times.node)];
  } finally {
    await voice?.close();
    await server.close();
    await peer.close();
    await site.close();
  }
}
