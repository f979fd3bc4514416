/** Tables in Markdown files between `<!-- table:NAME -->` and `<!-- /table -->`, which are generated from other files. */
import { readFileSync, writeFileSync } from 'node:fs';

/** A Markdown table. */
export const markdownTable = (head: readonly string[], body: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...body].map((row) => `| ${row.join(' | ')} |`).join('\n');

/**
 * Writes the tables into a file of the root folder; with `--check` on the command line, only compares them.
 * @param tables the tables by name
 * @param source what they are generated from, for the message
 * @returns what is wrong
 */
export function markedTables(file: string, tables: Readonly<Record<string, string>>, source: string): string[] {
  const path = new URL(`../${file}`, import.meta.url);
  const problems: string[] = [];
  const before = readFileSync(path, 'utf8');
  let after = before;
  for (const [name, table] of Object.entries(tables)) {
    const place = new RegExp(`(<!-- table:${name} -->\\n)[\\s\\S]*?(<!-- /table -->)`);
    if (!place.test(after)) problems.push(`${file} has no markers for the table "${name}"`);
    after = after.replace(place, (_, start: string, end: string) => `${start}\n${table}\n\n${end}`);
  }
  if (!process.argv.includes('--check')) writeFileSync(path, after);
  else if (after !== before) problems.push(`${file} does not match ${source}: run \`npm run docs\``);
  return problems;
}

/** Prints the problems and ends the process with an error if there are any. */
export function exitOnProblems(problems: readonly string[]): void {
  if (problems.length === 0) return;
  console.error(problems.map((line) => `- ${line}`).join('\n'));
  process.exit(1);
}
