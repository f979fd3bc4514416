/** Removes the SDK's defaults from a `session.update`, so that only requested settings are sent. */

type Config = Record<string, unknown> & {
  audio?: { input?: Record<string, unknown>; output?: Record<string, unknown> };
};

/**
 * The payload without fields that are not in `config` (the SDK's camelCase settings, old or new names), so that settings bound to
 * the key stay unchanged.
 */
export function trimSessionPayload(payload: Record<string, unknown>, config: Config): Record<string, unknown> {
  const { input: askedInput = {}, output: askedOutput = {} } = config.audio ?? {};
  const { audio, model, output_modalities, ...kept } = payload;
  const built = audio as { input?: Record<string, unknown>; output?: Record<string, unknown> } | undefined;
  const input = pick(built?.input, {
    format: askedInput['format'] ?? config['inputAudioFormat'],
    noise_reduction: 'noiseReduction' in askedInput || 'inputAudioNoiseReduction' in config,
    transcription: 'transcription' in askedInput || 'inputAudioTranscription' in config,
    turn_detection: 'turnDetection' in askedInput || 'turnDetection' in config,
  });
  const output = pick(built?.output, {
    format: askedOutput['format'] ?? config['outputAudioFormat'],
    voice: askedOutput['voice'] ?? config['voice'],
    speed: askedOutput['speed'] ?? config['speed'],
  });
  return {
    ...kept,
    ...(config['model'] === undefined ? {} : { model }),
    ...((config['outputModalities'] ?? config['modalities']) ? { output_modalities } : {}),
    ...(input || output ? { audio: { ...(input && { input }), ...(output && { output }) } } : {}),
  };
}

function pick(from: Record<string, unknown> | undefined, asked: Record<string, unknown>): Record<string, unknown> | undefined {
  const kept = Object.entries(from ?? {}).filter(([name]) => asked[name]);
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}
