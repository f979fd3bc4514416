/** Adds up the runners' JSON reports and prints one summary line; fails if a runner ran no tests. */
import { readFileSync } from 'node:fs';

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
}
interface PlaywrightReport {
  stats: { expected: number; unexpected: number; skipped: number; flaky: number };
}

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../test-results/${name}`, import.meta.url), 'utf8'));

const total = { passed: 0, failed: 0, skipped: 0 };
for (const name of ['unit.json', 'component.json']) {
  const report = read(name) as VitestReport;
  if (report.numPassedTests === 0) throw new Error(`${name}: no tests ran`);
  total.passed += report.numPassedTests;
  total.failed += report.numFailedTests;
  total.skipped += report.numPendingTests;
}
const { stats } = read('e2e.json') as PlaywrightReport;
if (stats.expected === 0) throw new Error('e2e.json: no tests ran');
total.passed += stats.expected;
total.failed += stats.unexpected + stats.flaky;
total.skipped += stats.skipped;

console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed + total.skipped > 0 ? 1 : 0;
