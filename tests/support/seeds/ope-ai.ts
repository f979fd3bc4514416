/** Names of the blocks of OPE.AI's realtime page, as their tests are called, and what all of them say to the beta interface. */
const page = 'OPE.AI, realtime page';

export const opeAi = {
  node: `${page}: Conversation: Node with ws`,
  python: `${page}: Conversation: Python`,
  browser: `${page}: Conversation: browser`,
  transcribeInNode: `${page}: Transcription: Node with ws`,
  transcribeInPython: `${page}: Transcription: Python`,
  transcribeInBrowser: `${page}: Transcription: browser`,
} as const;

/** The address of all blocks, up to the query. */
export const OPE_AI_ROOT = 'wss://api-platform.ope.ai/v1';

/** A typed turn in the beta interface's words, after its types in `openai` 7.55. */
export const typedTurn = (text: string): readonly object[] => [
  { type: 'session.update', session: { modalities: ['text', 'audio'], voice: 'alloy', input_audio_format: 'pcm16', output_audio_format: 'pcm16', turn_detection: null } },
  { type: 'conversation.item.create', item: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] } },
  { type: 'response.create', response: { modalities: ['text', 'audio'] } },
];

/** A spoken turn of a transcription session in the beta interface's words. */
export const spokenTurn = (pcm: Int16Array): readonly object[] => [
  {
    type: 'transcription_session.update',
    session: { input_audio_format: 'pcm16', input_audio_transcription: { model: 'gpt-4o-transcribe', language: 'en' }, turn_detection: { type: 'server_vad', silence_duration_ms: 400 } },
  },
  { type: 'input_audio_buffer.append', audio: Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength).toString('base64') },
];

/** Events of a conversation that the interface of today names otherwise, in the order in which a turn brings them. */
export const BETA_EVENTS = ['conversation.item.created', 'response.audio_transcript.delta', 'response.audio.delta', 'response.audio.done', 'response.audio_transcript.done'];
