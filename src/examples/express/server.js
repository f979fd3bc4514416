import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { createVoiceServer, nodeMiddleware } from 'voice-agent-element/server';
import { pinoLog, widgetFiles } from 'voice-agent-element/server/node';

const { PORT = '3000', OPENAI_API_KEY, OPENAI_BASE_URL } = process.env;

const voice = createVoiceServer({
  allowedOrigins: [`http://localhost:${PORT}`],
  upstream: { apiKey: OPENAI_API_KEY, baseUrl: OPENAI_BASE_URL },
  session: { model: 'gpt-realtime-2.1', voice: 'marin', instructions: 'You help visitors of a bicycle shop. Be brief and kind.' },
  limits: { maxSeconds: 300 },
  budget: { minutesPerDay: 200, maxConcurrent: 5 },
  observers: [pinoLog()],
});
const dist = dirname(fileURLToPath(import.meta.resolve('voice-agent-element/voice-agent.js')));

const app = express();
// Before body parsers: a body that they have read cannot be read again.
app.use(nodeMiddleware(voice));
app.use(nodeMiddleware(widgetFiles(dist)));
app.use(express.static(fileURLToPath(new URL('public', import.meta.url))));

const server = app.listen(Number(PORT), '127.0.0.1', () => console.log(`http://localhost:${PORT}`));

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    // Hangs up the calls of this process.
    await voice.close();
    server.close();
    server.closeAllConnections();
  });
}
