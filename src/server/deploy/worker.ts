/** The server on Cloudflare Workers. Its bindings are in wrangler.jsonc, its secrets are set with `wrangler secret put`. */
import { turnstile, voiceWorker } from 'voice-agent-element/server/worker';
import type { VoiceBindings } from 'voice-agent-element/server/worker';

interface Bindings extends VoiceBindings {
  /** Secret key of Cloudflare Turnstile; without it anybody on an allowed page may call. */
  readonly TURNSTILE_SECRET?: string;
}

const voice = voiceWorker<Bindings>(({ TURNSTILE_SECRET }) => ({
  allowedOrigins: ['https://www.example.com'],
  profiles: {
    default: {
      session: { model: 'gpt-realtime', voice: 'marin', instructions: 'You answer questions about our shop. Be brief and kind.' },
      limits: { seconds: 300 },
    },
  },
  budget: { callsPerDay: 500, minutesPerDay: 1_000, atOnce: 20 },
  ...(TURNSTILE_SECRET !== undefined && { visitor: turnstile({ secret: TURNSTILE_SECRET, hostnames: ['www.example.com'] }) }),
  // One line per event; none holds a key, an SDP, a transcript or an address.
  observers: [(event) => console.log(JSON.stringify(event))],
}));

export const { VoiceState, VoiceCall } = voice;
export default voice;
