/** Names of the blocks of Mastra's page about `voice.connect()`, as their tests are called. */
const page = 'Mastra, voice.connect()';

export const mastra = {
  usageChinese: `${page}: Usage (Chinese page)`,
  compositeChinese: `${page}: CompositeVoice (Chinese page)`,
  usageJapanese: `${page}: Usage (Japanese page)`,
  compositeJapanese: `${page}: CompositeVoice (Japanese page)`,
} as const;
