/** The source maps of the page's code, and that the package contains the Agents SDK once. Reads `dist/`, which `npm run build` creates. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { describe, expect, it } from 'vitest';

const dist = new URL('../../../dist/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, dist), 'utf8');
const files = ['chunks/', 'npm/'].flatMap((folder) =>
  readdirSync(new URL(folder, dist))
    .filter((name) => name.endsWith('.js'))
    .map((name) => folder + name),
);

/** Positions of strings that no build step renames: quoted words with a hyphen, such as event, attribute and CSS property names. */
function placesOf(code: string): { text: string; line: number; column: number }[] {
  return code.split('\n').flatMap((text, index) =>
    [...text.matchAll(/(?<=["'`])[a-z]+(?:-[a-z]+)+(?=["'`])/g)].map((match) => ({
      text: match[0],
      line: index + 1,
      column: match.index,
    })),
  );
}

describe('source maps', () => {
  it('map every quoted name in a minified file to its source line', () => {
    const wrong: string[] = [];
    let checked = 0;
    for (const file of files) {
      const code = read(file);
      const places = placesOf(code.replace(/^(import|export)\b.*?;/gm, (statement) => ' '.repeat(statement.length)));
      if (!places.length) continue;
      const map = new TraceMap(read(`${file}.map`));
      for (const { text, line, column } of places) {
        const origin = originalPositionFor(map, { line, column });
        const source = map.sourcesContent?.[map.sources.indexOf(origin.source)]?.split('\n');
        checked += 1;
        // A template has only one position, so its text may be some lines further down.
        const near = source?.slice((origin.line ?? 1) - 1).join('\n') ?? '';
        if (!near.includes(text)) wrong.push(`${file}: ${text} → ${origin.source}:${origin.line}`);
      }
    }
    expect(checked).toBeGreaterThan(200);
    // The bundler inlines a few constants of other modules.
    expect(wrong.length, wrong.join('\n')).toBeLessThan(checked / 50);
  });

  it('contain their sources and no absolute path', () => {
    for (const file of files.filter((name) => existsSync(new URL(`${name}.map`, dist)))) {
      const { sources, sourcesContent } = JSON.parse(read(`${file}.map`)) as { sources: string[]; sourcesContent: (string | null)[] };
      expect(sources.filter((source) => source.startsWith('/') || source.includes('file:'))).toEqual([]);
      expect(
        sourcesContent.every((text) => typeof text === 'string'),
        file,
      ).toBe(true);
    }
  });
});

describe('the package', () => {
  it('contains the session of the Agents SDK once, for the script tag and for bundlers', () => {
    expect(files.filter((file) => read(file).includes('Always rejecting MCP tools is not supported'))).toEqual([
      expect.stringMatching(/^chunks\/realtimeSession-/),
    ]);
  });
});
