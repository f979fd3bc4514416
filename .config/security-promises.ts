/**
 * `npm run test:security`: runs the tests that SECURITY.md names and prints for each promise whether they passed. With
 * `--results` it runs none and reads the reports of the whole run in `test-results/`. A promise is broken if a named file ran no
 * test, or if one of its tests failed or was skipped.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { relative } from 'node:path';
import { securityPromises } from '../tests/support/security-promises.js';

interface VitestReport {
  testResults: { name: string; assertionResults: { status: string; fullName: string }[] }[];
}
interface PlaywrightSuite {
  file: string;
  specs: { title: string; tests: { status: string }[] }[];
  suites?: PlaywrightSuite[];
}
interface Result {
  title: string;
  passed: boolean;
}

const root = fileURLToPath(new URL('../', import.meta.url));
const promises = securityPromises();
const results = new Map<string, Result[]>();
const add = (file: string, result: Result): unknown => results.set(file, [...(results.get(file) ?? []), result]);

function readVitest(report: string): void {
  for (const { name, assertionResults } of (JSON.parse(readFileSync(report, 'utf8')) as VitestReport).testResults)
    for (const { status, fullName } of assertionResults) add(relative(root, name), { title: fullName, passed: status === 'passed' });
}

function readPlaywright(suites: readonly PlaywrightSuite[]): void {
  for (const { file, specs, suites: inner = [] } of suites) {
    for (const { title, tests } of specs)
      add(`tests/e2e/${file}`, { title, passed: tests.length > 0 && tests.every(({ status }) => status === 'expected') });
    readPlaywright(inner);
  }
}

/** Runs a test runner. Its failures are in its report. */
function run(command: string, args: readonly string[], env: Record<string, string> = {}): void {
  try {
    execFileSync(`node_modules/.bin/${command}`, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  } catch (error) {
    if ((error as { status?: number | null }).status == null) throw error;
  }
}

const reports = process.argv.includes('--results') ? 'test-results' : 'test-results/security';
if (reports !== 'test-results') {
  const files = [...new Set(promises.flatMap((row) => row.files))];
  const inFolders = (...folders: string[]): string[] =>
    files.filter((file) => folders.some((folder) => file.startsWith(`tests/${folder}/`)));
  rmSync(root + reports, { recursive: true, force: true });
  mkdirSync(root + reports, { recursive: true });
  for (const [project, folders] of Object.entries({ unit: ['unit', 'server'], component: ['component'] }))
    run('vitest', [
      'run',
      '--project',
      project,
      '--reporter=dot',
      '--reporter=json',
      `--outputFile.json=${reports}/${project}.json`,
      ...inFolders(...folders),
    ]);
  run(
    'playwright',
    ['test', '-c', 'tests/e2e/playwright.config.ts', '--reporter=dot,json', ...inFolders('e2e').map((file) => `${file}$`)],
    {
      PLAYWRIGHT_JSON_OUTPUT_FILE: `${root}${reports}/e2e.json`,
    },
  );
}
for (const project of ['unit', 'component']) readVitest(`${root}${reports}/${project}.json`);
readPlaywright((JSON.parse(readFileSync(`${root}${reports}/e2e.json`, 'utf8')) as { suites: PlaywrightSuite[] }).suites);

let broken = 0;
for (const { promise, named, files } of promises) {
  const all = files.map((file) => ({ file, tests: results.get(file) ?? [] }));
  const problems = [
    ...(files.length === 0 ? [`no tests in ${named.join(', ')}`] : []),
    ...all.filter(({ tests }) => tests.length === 0).map(({ file }) => `${file}: no test ran`),
    ...all.flatMap(({ file, tests }) => tests.filter(({ passed }) => !passed).map(({ title }) => `${file}: ${title}`)),
  ];
  if (problems.length > 0) broken++;
  console.log(`${problems.length > 0 ? 'BROKEN' : 'holds '}  ${promise} (${String(all.flatMap(({ tests }) => tests).length)} tests)`);
  for (const problem of problems) console.log(`        ${problem}`);
}
console.log(`\n${String(promises.length - broken)} of ${String(promises.length)} promises hold`);
process.exitCode = broken > 0 || promises.length === 0 ? 1 : 0;
