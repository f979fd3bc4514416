// @vitest-environment jsdom
/** The list of files, the import map and the markup made of them, for the real build. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { embedSnippet, integrityMap } from '../../../src/embed/embed-snippet.js';
import { isVersioned } from '../../../src/embed/widget-files.js';
import type { WidgetFiles } from '../../../src/embed/widget-files.js';
import { root } from '../repository/repository-files.js';

const listOf = (form: string): WidgetFiles => JSON.parse(readFileSync(`${root}dist/${form}files.json`, 'utf8')) as WidgetFiles;
const sha384 = (path: string): string =>
  `sha384-${createHash('sha384')
    .update(readFileSync(`${root}dist/${path}`))
    .digest('base64')}`;

const parsed = (markup: string): Document => new DOMParser().parseFromString(markup, 'text/html');

describe.each(['', 'flat/', 'single/'])('files.json in dist/%s', (form) => {
  const { entries, integrity, version } = listOf(form);

  it('has the right hash of every file', () => {
    for (const [path, hash] of Object.entries(integrity)) expect([path, hash]).toEqual([path, sha384(form + path)]);
    expect(version).toBe((JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string }).version);
  });

  it('lists every script of its folder, and a versioned copy of each entry', () => {
    const folder = form === '' ? 'chunks' : form;
    const present = readdirSync(`${root}dist/${folder}`).filter((name) => name.endsWith('.js'));
    for (const name of present) expect(integrity).toHaveProperty([form === '' ? `chunks/${name}` : name]);
    expect(Object.keys(entries).length).toBeGreaterThan(0);
    for (const versioned of Object.values(entries)) {
      expect(isVersioned(versioned)).toBe(true);
      expect(integrity).toHaveProperty([versioned]);
    }
  });
});

describe('the versioned loader', () => {
  it.each(['', 'flat/'])('of dist/%s loads the versioned module of the same build', (form) => {
    const { entries } = listOf(form);
    const code = readFileSync(`${root}dist/${form}${String(entries['embed.js'])}`, 'utf8');
    expect(code).toContain(`\`${String(entries['voice-agent.js'])}\``);
    expect(code).not.toContain('`voice-agent.js`');
  });
});

describe('integrityMap()', () => {
  it('has an address for each module that the widget can load, and none for the loader', () => {
    const files = listOf('');
    const { integrity } = integrityMap(files, 'https://cdn.example.com/voice');
    const chunks = readdirSync(`${root}dist/chunks`).filter((name) => name.endsWith('.js'));
    expect(Object.keys(integrity).sort()).toEqual(
      [...chunks.map((name) => `chunks/${name}`), files.entries['voice-agent.js'], files.entries['agents.js']]
        .map((path) => `https://cdn.example.com/voice/${String(path)}`)
        .sort(),
    );
  });

  it('refuses a base that browsers would ignore', () => {
    for (const base of ['', 'voice/', './voice/', 'javascript:alert(1)//'])
      expect(() => integrityMap(listOf(''), base)).toThrow(/must begin with https:\/\/, http:\/\/ or \//);
  });
});

describe('embedSnippet()', () => {
  const settings = { 'call-url': '/voice/call?a=1&b=2', heading: 'Ask "Ada" <now>', announce: true } as const;

  it('is an import map and the loader with its hash, with escaped settings', () => {
    const files = listOf('');
    const document = parsed(embedSnippet(files, { base: '/voice/', settings }));
    const [map, script, ...more] = document.querySelectorAll('script');
    expect(more).toEqual([]);
    expect(map?.type).toBe('importmap');
    expect(JSON.parse(map?.text ?? '')).toEqual(integrityMap(files, '/voice/'));
    const loader = files.entries['embed.js'] ?? '';
    expect(Object.fromEntries([...(script?.attributes ?? [])].map(({ name, value }) => [name, value]))).toEqual({
      src: `/voice/${loader}`,
      integrity: files.integrity[loader],
      crossorigin: 'anonymous',
      'data-src': `/voice/${files.entries['voice-agent.js'] ?? ''}`,
      'data-voice-agent': '',
      'data-call-url': '/voice/call?a=1&b=2',
      'data-heading': 'Ask "Ada" <now>',
      'data-announce': '',
    });
  });

  it('is one script for the single file', () => {
    const files = listOf('single/');
    const document = parsed(embedSnippet(files, { base: 'https://cdn.example.com', settings }));
    const [script, ...more] = document.querySelectorAll('script');
    expect(more).toEqual([]);
    expect(script?.src).toBe(`https://cdn.example.com/${files.entries['voice-agent.js'] ?? ''}`);
    expect(script?.hasAttribute('data-src')).toBe(false);
  });
});

describe('voice-agent-snippet', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['--import', 'tsx', 'src/embed/cli.ts', ...args], { cwd: root, encoding: 'utf8' });

  it('prints the markup of the chosen form', () => {
    const flat = run('--base', 'https://shop.example/assets/', '--form', 'flat', 'call-url=/apps/voice/call', 'announce');
    const settings = { 'call-url': '/apps/voice/call', announce: true } as const;
    expect(flat.stdout).toBe(embedSnippet(listOf('flat/'), { base: 'https://shop.example/assets/', settings }));
    expect(flat.status).toBe(0);
  });

  it.each([
    [['call-url=/voice/call'], /--base is missing/],
    [['--base', 'voice'], /must begin with https:/],
    [['--base', '/', '--form', 'round'], /--form must be "flat" or "single", not "round"/],
    [['--base', '/', '"><script>'], /is not an attribute/],
    [['--bass', '/'], /Unknown option/],
  ])('names the mistake in %j', (args, message) => {
    const { status, stdout, stderr } = run(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });
});
