import { createVoiceServer } from 'voice-agent-element/server';
import type { VoiceServer } from 'voice-agent-element/server';

let voice: VoiceServer | undefined;

/** `POST /voice/token`. The server is created on the first request: `next build` loads this file without the key. */
export function POST(request: Request) {
  voice ??= createVoiceServer({
    allowedOrigins: [process.env.SITE_ORIGIN ?? 'http://localhost:3000'],
    upstream: { apiKey: process.env.OPENAI_API_KEY, baseUrl: process.env.OPENAI_BASE_URL },
    profiles: {
      default: {
        session: { model: 'gpt-realtime-2.1', voice: 'marin', instructions: 'You help visitors of a bicycle shop. Be brief and kind.' },
        access: ['token'],
      },
    },
  });
  return voice.fetch(request);
}
