/** The configuration reference lists exactly the existing options, defaults, variables and metrics. */
import { readFileSync } from 'node:fs';
import { runInThisContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { ZodType } from 'zod';
import { checkConfig } from '../../src/server/config/check-config.js';
import { configOptions } from '../../src/server/command/config-options.js';
import { effectiveConfig } from '../../src/server/config/effective-config.js';
import { VARIABLES } from '../../src/server/config/environment.js';
import { rateSchema } from '../../src/server/config/profile-schema.js';
import { serverConfigSchema, stateSchema, visitorSchema } from '../../src/server/config/server-config-schema.js';
import { logLine } from '../../src/server/observe/log-line.js';
import { prometheusMetrics } from '../../src/server/runtime/node/prometheus-metrics.js';

const readme = readFileSync(new URL('../../src/server/config/README.md', import.meta.url), 'utf8');

/** The cells of the table under a heading. */
function table(heading: string): string[][] {
  const part = readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? expect.fail(`no heading ${heading}`);
  const rows = part.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(1).map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

const codes = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? '');

interface Definition {
  readonly type: string;
  readonly shape?: Record<string, ZodType>;
  readonly innerType?: ZodType;
  readonly element?: ZodType;
  readonly valueType?: ZodType;
}

/** Paths of all options; each schema is only expanded once. */
function paths(schema: ZodType, path: string, met: Set<ZodType>): string[] {
  const { type, shape, innerType, element, valueType } = schema._zod.def as unknown as Definition;
  if (innerType) return paths(innerType, path, met);
  if (met.has(schema)) return [path];
  if (shape) {
    met.add(schema);
    return Object.entries(shape).flatMap(([name, inner]) => paths(inner, path === '' ? name : `${path}.${name}`, met));
  }
  if (type === 'record' && valueType && isBranch(valueType))
    return paths(valueType, `${path}.${path === 'profiles' ? '<name>' : '<model>'}`, met);
  if (type === 'array' && element && isBranch(element)) return paths(element, `${path}[]`, met);
  return [path];
}

const isBranch = (schema: ZodType): boolean => (schema._zod.def as unknown as Definition).shape !== undefined;

describe('the configuration reference', () => {
  it('lists every option and no others', () => {
    const met = new Set<ZodType>([rateSchema]);
    const { profiles, ...others } = serverConfigSchema.shape;
    const all = [
      ...Object.entries(others).flatMap(([name, schema]) => paths(schema, name, met)),
      ...paths(profiles, 'profiles', met),
      ...paths(visitorSchema, 'visitor', met),
      ...paths(stateSchema, 'state', met),
      'profiles',
    ];
    expect(
      table('Options')
        .flatMap(([option]) => codes(option))
        .sort(),
    ).toEqual([...new Set(all)].sort());
  });

  it('lists the actual defaults', () => {
    const config = checkConfig({}, { OPENAI_API_KEY: 'sk-x', VOICE_AGENT_ALLOWED_ORIGINS: 'https://www.example.com' });
    const effective = effectiveConfig(config, configOptions(config, [], prometheusMetrics({ process: false })));
    const valueAt = (path: string): unknown =>
      path
        .replace('<name>', 'default')
        .split('.')
        .reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], effective);
    let compared = 0;
    for (const [option, , fallback] of table('Options')) {
      const [path] = codes(option);
      const [value] = codes(fallback);
      if (path === undefined || value === undefined || path === 'session.type') continue;
      expect({ [path]: valueAt(path) }).toEqual({ [path]: JSON.parse(value) });
      compared++;
    }
    expect(compared).toBeGreaterThan(20);
  });

  it('lists every variable with its path', () => {
    expect(table('Environment')).toEqual(VARIABLES.map(({ name, path, meaning }) => [`\`${name}\``, `\`${path.join('.')}\``, meaning]));
  });

  it('lists every metric', async () => {
    const text = await prometheusMetrics({ process: false }).text();
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name ?? '');
    expect(
      table('Metrics')
        .flatMap(([name]) => codes(name))
        .sort(),
    ).toEqual(names.sort());
  });

  it('has a valid example of a log line', () => {
    const line = JSON.parse(/^\{"level".*$/m.exec(readme)?.[0] ?? '') as Record<string, unknown>;
    const { level, message, fields } = logLine({
      type: 'refused',
      requestId: '…',
      route: '/voice/token',
      profile: 'support',
      code: 'rate_limited',
      status: 429,
      reason: 'rate limit: address',
    });
    const { time, ...rest } = line;
    expect(rest).toEqual({ level, msg: message, ...fields });
    expect(Date.parse(String(time))).not.toBeNaN();
  });

  it('has valid example configurations', () => {
    const json = /```json\n(\{\n[\s\S]*?)```/.exec(readme)?.[1] ?? '';
    const env = {
      OPENAI_API_KEY: 'sk-x',
      VISITOR_SECRET: 'x'.repeat(32),
      VOICE_AGENT_REDIS_URL: 'redis://127.0.0.1',
      TURNSTILE_SECRET: 'x',
    };
    expect(checkConfig(JSON.parse(json), env).visitor).toMatchObject({ visitorToken: { secret: 'x'.repeat(32) } });
    const code = /```ts\n[\s\S]*?defineConfig\((\{[\s\S]*?)\);\n```/.exec(readme)?.[1] ?? '';
    // The example without its import.
    const config = runInThisContext(`(${code})`) as object;
    expect(checkConfig(config, env)).toMatchObject({ visitor: { turnstile: { secret: 'x' } }, trustedProxies: 1 });
  });
});
