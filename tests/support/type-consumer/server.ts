/** Type-checked by `.config/types-check.sh` in a project that has installed the package, hono and Node's types. */
import { createVoiceServer, defineConfig, redisState, visitorToken } from 'voice-agent-element/server';
import { pinoLog } from 'voice-agent-element/server/node';
import { Hono } from 'hono';

const server = createVoiceServer({
  allowedOrigins: ['https://www.example.com'],
  upstream: { apiKey: 'sk-…' },
  session: { model: 'gpt-realtime-2.1' },
});
const app = new Hono().route('/', server);
const answer: Promise<Response> | Response = app.fetch(new Request('https://www.example.com'));
void [answer, defineConfig, redisState, visitorToken({ publicKey: { kty: 'OKP', crv: 'Ed25519', x: '…' } }), pinoLog()];
