/** The minimal way to get a key from the same API: one Hono route without guards. Started by `server-processes.ts`. */
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const { upstream } = JSON.parse(process.argv[2]);
const body = JSON.stringify({
  expires_after: { anchor: 'created_at', seconds: 60 },
  session: { type: 'realtime', model: 'gpt-realtime-2.1' },
});

const app = new Hono();
app.post('/voice/token', async (c) => {
  const answer = await fetch(`${upstream}/realtime/client_secrets`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-bench', 'content-type': 'application/json' },
    body,
  });
  const { value, expires_at } = await answer.json();
  return c.json({ value, expires_at });
});
process.on('message', () => process.send({ cpu: process.cpuUsage() }));
process.on('disconnect', () => process.exit());
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => process.send({ url: `http://127.0.0.1:${String(port)}` }));
