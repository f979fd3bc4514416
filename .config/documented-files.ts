/** The code blocks of a documentation page that are files of an app. */
import { readFileSync } from 'node:fs';

/** One file; `starter` if it is needed for the smallest app. */
export interface DocumentedFile {
  readonly path: string;
  readonly starter: boolean;
  readonly code: string;
}

/**
 * Reads the files after `<!-- starter: path -->` and `<!-- file: path -->`.
 * @throws Error if a code block has no such comment, so that no test would read it
 */
export function documentedFiles(page: URL): DocumentedFile[] {
  const text = readFileSync(page, 'utf8');
  const blocks = [...text.matchAll(/(?:<!-- (starter|file): (\S+) -->\n)?```(\w+)\n([\s\S]*?)^```$/gm)];
  return blocks.flatMap(([, kind, path, language, code = '']) => {
    if (path) return [{ path, starter: kind === 'starter', code }];
    if (language !== 'sh') throw new Error(`${page.pathname} has a block that no test reads:\n${code}`);
    return [];
  });
}
