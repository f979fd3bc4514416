/** Forty concurrent calls in one process: lateness of outgoing audio, and time to answer an offer. */
import type { Figure } from '../support/bench-figure.js';
import { round } from '../support/bench-statistics.js';
import { measureSandboxLoad } from './sandbox-load.js';

/** Takes about half a minute. */
export async function measureSandboxCalls(calls = 40, seconds = 10): Promise<Figure[]> {
  const {
    p50,
    p99,
    max,
    calls: alive,
    frames,
    skipped,
    cores,
    received,
    heard,
    answered,
    bare,
  } = await measureSandboxLoad({ calls, seconds });
  return [
    {
      figure: `${String(calls)} concurrent calls: lateness of audio frames, p99, more than a bare frame clock`,
      value: round(p99 - bare.p99, 2),
      unit: 'ms',
      bound: 5,
      note: `p99 ${String(p99)}, bare clock ${String(bare.p99)} ms; n ${String(frames)} frames, p50 ${String(p50)}, max ${String(max)} ms, ${String(skipped)} skipped, ${String(alive)} calls connected; ${String(cores)} cores; per call and second ${String(received)} packets out, ${String(heard)} in`,
    },
    {
      figure: 'time to answer an offer in the sandbox',
      value: answered,
      unit: 'ms',
      bound: 15,
      note: `median of ${String(calls)} calls, in sequence`,
    },
  ];
}
