/** Reads the examples of the documentation, so that tests run the published code. */
import { readFileSync } from 'node:fs';

/** The code block after `<!-- example: name -->` in a file of the repository. */
export function documentedExample(file: string, name: string): string {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const code = text.split(`<!-- example: ${name} -->`)[1]?.match(/^\s*```\w*\n([\s\S]*?)^```/m)?.[1];
  if (code === undefined) throw new Error(`${file} has no example ${name}.`);
  return code;
}
