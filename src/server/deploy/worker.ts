/** The server on Cloudflare Workers. Bindings are in wrangler.jsonc; set secrets with `wrangler secret put`. */
import { turnstile, voiceWorker } from 'voice-agent-element/server/worker';
import type { VoiceBindings } from 'voice-agent-element/server/worker';

interface Bindings extends VoiceBindings {
  /** Secret key of Cloudflare Turnstile. If not set, every visitor of an allowed page can start calls. */
  readonly TURNSTILE_SECRET?: string;
}

const voice = voiceWorker<Bindings>(({ TURNSTILE_SECRET }) => ({
  allowedOrigins: ['https://www.example.com'],
  profiles: {
    default: {
      session: { model: 'gpt-realtime-2.1', voice: 'marin', instructions: 'You answer questions about our shop. Be brief and kind.' },
      limits: { maxSeconds: 300 },
    },
  },
  budget: { callsPerDay: 500, minutesPerDay: 1_000, maxConcurrent: 20 },
  ...(TURNSTILE_SECRET !== undefined && { visitor: turnstile({ secret: TURNSTILE_SECRET, hostnames: ['www.example.com'] }) }),
  // One line per event. Events contain no key, SDP, transcript or address.
  observers: [(event) => console.log(JSON.stringify(event))],
}));

export const { VoiceState, VoiceCall } = voice;
export default voice;
