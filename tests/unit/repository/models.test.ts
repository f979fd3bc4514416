/** Names of models in the repository: none that is about to be shut down, outside the tables and the imitations of local servers. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MODEL_SHUTDOWNS, shutdownOf, shutdownWarnings } from '../../../src/server/config/model-shutdowns.js';
import { repositoryFiles, root } from './repository-files.js';

/** Days before its end from which a model may no longer be named. */
const NOTICE_DAYS = 90;

/** Where such a name is right: the tables, recordings and documents from elsewhere, and local servers that use the names for their own models. */
const EXCEPTIONS = [
  /^src\/server\/config\/model-(shutdowns|prices)\.ts$/,
  /^tests\/unit\/repository\/models\.test\.ts$/,
  /^tests\/support\/(recorded|seeds)\//,
  /^tests\/(server|e2e)\/seeds-/,
  /^src\/dialects\//,
  /^src\/sandbox\/(profiles\/|session\/transcription\.ts$)/,
  /^tests\/unit\/(dialects|sandbox\/(profiles|conversation))/,
  /^tests\/.*dialects/,
  /^CHANGELOG\.md$/,
];
const NAMES = /(?<![\w-])(?:gpt-(?:4o|realtime|audio)(?:[\w.-]*\w)?|whisper-1|tts-1[\w-]*)/g;

function namedModels(): { file: string; model: string }[] {
  return repositoryFiles()
    .filter((file) => /\.(ts|js|mjs|json|jsonc|md|html|sh|py|toml|ya?ml|php)$/.test(file) && file !== 'package-lock.json')
    .filter((file) => !EXCEPTIONS.some((exception) => exception.test(file)))
    .flatMap((file) => [...readFileSync(root + file, 'utf8').matchAll(NAMES)].map(([model]) => ({ file, model })));
}

describe('the models that the repository names', () => {
  it('all answer for at least another 90 days', () => {
    const limit = Date.now() + NOTICE_DAYS * 86_400_000;
    const named = namedModels();
    expect(named.length).toBeGreaterThan(50);
    const ending = named.filter(({ model }) => Date.parse(shutdownOf(model)?.date ?? '9999-01-01') < limit);
    expect([...new Set(ending.map(({ file, model }) => `${file}: ${model}`))]).toEqual([]);
  });

  it('include no successor that has a shutdown date itself', () => {
    expect(MODEL_SHUTDOWNS.filter(({ successor }) => shutdownOf(successor))).toEqual([]);
    expect(MODEL_SHUTDOWNS.filter(({ date }) => new Date(date).toISOString().slice(0, 10) !== date)).toEqual([]);
  });
});

describe('shutdownWarnings()', () => {
  const before = Date.parse('2026-12-01');
  const upstream = { apiKey: 'sk-x' };
  const session = { model: 'gpt-realtime', audio: { input: { transcription: { model: 'whisper-1' } } } };

  it('names each model with its place, date and successor', () => {
    expect(shutdownWarnings({ upstream, session }, before)).toEqual([
      'session.model: OpenAI shuts down gpt-realtime on 2027-01-20. Use gpt-realtime-2.1.',
      'session.audio.input.transcription.model: OpenAI shuts down whisper-1 on 2027-02-26. Use gpt-transcribe.',
    ]);
    expect(shutdownWarnings({ upstream, profiles: { support: { session: { model: 'gpt-4o-mini-realtime-preview' } } } }, before)).toEqual([
      'profiles.support.session.model: OpenAI shuts down gpt-4o-mini-realtime-preview on 2027-01-20. Use gpt-realtime-2.1-mini.',
    ]);
  });

  it('uses the past tense after the date', () => {
    expect(shutdownWarnings({ upstream, session: { model: 'gpt-realtime' } }, Date.parse('2027-02-01'))[0]).toContain(
      'OpenAI shut down gpt-realtime',
    );
  });

  it('is empty for current models and for other servers, which use the names for models of their own', () => {
    const current = { model: 'gpt-realtime-2.1', audio: { input: { transcription: { model: 'gpt-transcribe' } } } };
    expect(shutdownWarnings({ upstream, session: current }, before)).toEqual([]);
    expect(shutdownWarnings({ upstream }, before)).toEqual([]);
    expect(shutdownWarnings({ session, upstream: { ...upstream, baseUrl: 'http://127.0.0.1:8080/v1' } }, before)).toEqual([]);
  });
});
