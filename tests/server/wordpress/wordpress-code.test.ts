/** The PHP code of the WordPress plug-in: syntax, style, escaping, single classes in a real WordPress, and what it shares with other code. */
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { translationProblems } from '../../../.config/wordpress-translations.js';
import { PROBLEMS } from '../../../src/server/contract/problem-codes.js';
import { MODEL_PRICES } from '../../../src/server/config/model-prices.js';
import { startWordPress } from '../../support/wordpress-site.js';

const run = promisify(execFile);
const HERE = dirname(fileURLToPath(import.meta.url));
const CODE = fileURLToPath(new URL('../../../src/cms/wordpress/', import.meta.url));

const phpFiles = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? phpFiles(path) : entry.name.endsWith('.php') ? [path] : [];
  });
const FILES = phpFiles(join(CODE, 'plugin'));
const lines = FILES.flatMap((file) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .map((line, index) => ({ at: `${file.slice(CODE.length)}:${String(index + 1)}`, line })),
);

describe('the code', () => {
  it('is valid PHP', async () => {
    expect(FILES.length).toBeGreaterThan(25);
    await Promise.all(FILES.map((file) => run('php', ['-l', file])));
  });

  it('follows the rules of PHP_CodeSniffer', async () => {
    const { stdout } = await run('phpcs', [`--standard=${join(CODE, 'phpcs.xml')}`, join(CODE, 'plugin')]).catch(
      (failed: unknown) => failed as { stdout: string },
    );
    expect(stdout.trim()).toBe('');
  });

  it('uses nothing newer than PHP 7.4', () => {
    const newer =
      /\bmatch\s*\(|^\s*enum\s|\breadonly\s|\?->|\b(str_contains|str_starts_with|str_ends_with|array_is_list)\s*\(|\)\s*:\s*(mixed|static|never)\b|#\[/;
    expect(lines.filter(({ line }) => newer.test(line))).toEqual([]);
  });

  it('is never run outside of WordPress', () => {
    const unguarded = FILES.filter((file) => !/defined\( '(ABSPATH|WP_UNINSTALL_PLUGIN)' \) \|\| exit;/.test(readFileSync(file, 'utf8')));
    expect(unguarded).toEqual([]);
  });

  it('escapes all output', () => {
    const output = lines.filter(({ line }) => /^\s*(echo|print|printf|esc_html_e|_e)\b/.test(line));
    expect(output.length).toBeGreaterThan(20);
    const escaped = /esc_|selected\(|checked\(|phpcs:ignore WordPress\.Security|^\s*echo '[^']*';$/;
    expect(output.filter(({ line }) => !escaped.test(line))).toEqual([]);
  });

  it('is smaller than 400 lines a file', () => {
    expect(FILES.filter((file) => readFileSync(file, 'utf8').split('\n').length > 400)).toEqual([]);
  });
});

describe('facts that other code owns', () => {
  const source = (name: string): string => readFileSync(join(CODE, 'plugin/includes', name), 'utf8');

  it('prices are those of the Node server', () => {
    const prices = [...source('class-prices.php').matchAll(/'(gpt-[\w.-]+)'\s*=> (\d+)/g)].map(([, model, price]) => [
      model,
      Number(price),
    ]);
    expect(prices.length).toBe(4);
    for (const [model, price] of prices)
      expect([model, Math.max(...Object.values(MODEL_PRICES[String(model)] ?? {}))]).toEqual([model, price]);
  });

  it('codes and statuses of refusals are those of the Node server', () => {
    const table = /STATUS = array\(([^)]*)\)/.exec(source('class-problem.php'))?.[1] ?? '';
    const codes = [...table.matchAll(/'(\w+)'\s*=> (\d+)/g)].map(([, code, status]) => [code, Number(status)]);
    expect(codes.length).toBeGreaterThan(15);
    for (const [code, status] of codes) expect([code, PROBLEMS[code as keyof typeof PROBLEMS]?.[0]]).toEqual([code, status]);
  });

  it('the version is that of the package', () => {
    const { version } = JSON.parse(readFileSync(join(CODE, '../../../package.json'), 'utf8')) as { version: string };
    const main = readFileSync(join(CODE, 'plugin/voice-agent.php'), 'utf8');
    expect(/Version:\s+(\S+)/.exec(main)?.[1]).toBe(version);
    expect(/const VERSION\s+= '(.+)'/.exec(main)?.[1]).toBe(version);
    expect(/Stable tag: (\S+)/.exec(readFileSync(join(CODE, 'plugin/readme.txt'), 'utf8'))?.[1]).toBe(version);
  });

  it('the translations are complete', () => {
    expect(translationProblems()).toEqual([]);
  });
});

it('single classes pass PHPUnit in a real WordPress', async () => {
  const wordpress = await startWordPress();
  try {
    await wordpress.installPlugin();
    const options = ['--bootstrap', join(wordpress.folder, 'wp-load.php'), '--fail-on-warning', '--fail-on-risky', '--do-not-cache-result'];
    const { stdout } = await run('phpunit', [...options, join(HERE, 'php')]).catch((failed: unknown) => failed as { stdout: string });
    expect(stdout).toMatch(/OK \(\d+ tests, \d+ assertions\)/);
    expect(await wordpress.pluginErrors()).toEqual([]);
  } finally {
    await wordpress.close();
  }
}, 120_000);
