/** Many concurrent visitors, simulated by autocannon in a separate process. Started by `server-processes.ts`; each message is one run. */
import autocannon from 'autocannon';

process.on('message', async (run) => {
  const statuses = {};
  const load = autocannon(run);
  load.on('response', (_client, status) => {
    statuses[status] = (statuses[status] ?? 0) + 1;
  });
  const { requests, latency, errors, timeouts, duration } = await load;
  process.send({
    perSecond: requests.average,
    total: requests.total,
    p50: latency.p50,
    p99: latency.p99,
    errors,
    timeouts,
    duration,
    statuses,
  });
});
process.on('disconnect', () => process.exit());
process.send({});
