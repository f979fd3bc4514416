/** A file of `src/` is named after one of its exports: all words of its name occur in the export's name, in any order. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryFiles, root } from './repository-files.js';

/** Files without exports of their own: executables, scripts of pages and workers, entry points, apps whose framework names the files. */
const WITHOUT_EXPORTS = [
  /^src\/[\w-]+\.ts$/,
  /\/(index|cli)\.ts$/,
  /^src\/demo\/(main|page|talk\/talk)\.ts$/,
  /-worklet\.ts$/,
  /^src\/server\/node\.ts$/,
  /^src\/server\/deploy\//,
  /^src\/examples\//,
  /\.d\.ts$/,
];

/** The words of a name in any case style, in the singular. */
const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean)
    .map((word) =>
      word
        .toLowerCase()
        .replace(/ies$/, 'y')
        .replace(/(?<!s)s$/, ''),
    );

/** The names that a module exports. */
function exportsOf(text: string): string[] {
  const declared = [
    ...text.matchAll(
      /^export (?:default )?(?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|const|let|interface|type|enum) (\w+)/gm,
    ),
  ].map(([, name = '']) => name);
  const listed = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names = '']) =>
    names.split(',').map((name) => name.trim().split(' as ').at(-1) ?? ''),
  );
  return [...declared, ...listed].filter(Boolean);
}

it('each file of src is named after one of its exports', () => {
  const files = repositoryFiles('src/*.ts').filter((file) => !WITHOUT_EXPORTS.some((pattern) => pattern.test(file)));
  expect(files.length).toBeGreaterThan(300);
  const misnamed = files.filter((file) => {
    const exported = exportsOf(readFileSync(root + file, 'utf8')).map((name) => new Set(wordsOf(name)));
    return !exported.some((words) => wordsOf(basename(file, '.ts')).every((word) => words.has(word)));
  });
  expect(misnamed).toEqual([]);
});
