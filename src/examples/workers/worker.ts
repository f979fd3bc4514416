import { consoleLog, voiceWorker } from 'voice-agent-element/server/worker';
import type { VoiceBindings } from 'voice-agent-element/server/worker';

interface Bindings extends VoiceBindings {
  /** See `wrangler.jsonc`. */
  readonly SITE_ORIGIN: string;
}

const voice = voiceWorker<Bindings>(({ SITE_ORIGIN }) => ({
  allowedOrigins: [SITE_ORIGIN],
  profiles: {
    default: {
      session: { model: 'gpt-realtime-2.1', voice: 'marin', instructions: 'You help visitors of a bicycle shop. Be brief and kind.' },
      access: ['call'],
      limits: { maxSeconds: 300 },
    },
  },
  budget: { minutesPerDay: 200, maxConcurrent: 5 },
  observers: [consoleLog()],
}));

export const { VoiceState, VoiceCall } = voice;
export default voice;
