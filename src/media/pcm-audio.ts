/** The sound of a call over WebSocket. */
import type { PcmAudio, PcmAudioSetup } from '../contract/pcm-audio.js';
import { VoiceAgentError } from '../contract/errors.js';

/** Opens the sound of one call. */
export async function openPcmAudio(_setup: PcmAudioSetup): Promise<PcmAudio> {
  throw new VoiceAgentError('unsupported');
}
