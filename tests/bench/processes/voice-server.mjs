/**
 * The built server in a process of its own, as an owner runs it, and what it costs: memory and the lateness of its event loop.
 * Started by `server-processes.ts` with its options as JSON.
 */
import { createVoiceServer, redisState, visitorToken } from '../../../dist/server.js';
import { leanFetch, serve } from '../../../dist/server-node.js';

const { redis, secret, ...options } = JSON.parse(process.argv[2]);
/** Milliseconds between two looks at the clock. */
const LOOK = 10;

const faults = [];
process.on('uncaughtException', (error) => faults.push(String(error)));
process.on('unhandledRejection', (error) => faults.push(String(error)));

const app = createVoiceServer({
  // As the command does.
  fetch: leanFetch(),
  ...options,
  ...(secret && { visitor: visitorToken({ secret }) }),
  ...(redis && { state: redisState({ redis }) }),
});

let late = [];
let expected = performance.now() + LOOK;
setInterval(() => {
  const now = performance.now();
  late.push(Math.max(0, now - expected));
  expected = now + LOOK;
}, LOOK);

process.on('message', (order) => {
  if (order === 'begin') late = [];
  // The collector runs when it likes; what is asked for is what the calls hold.
  if (order === 'collect') globalThis.gc?.();
  late.sort((a, b) => a - b);
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send({ rss, heapUsed, external, lag99: late[Math.floor(late.length * 0.99)] ?? 0, lagMost: late.at(-1) ?? 0, cpu: process.cpuUsage(), faults });
});
process.on('disconnect', () => process.exit());
const { url } = await serve(app, { ownProcess: true });
process.send({ url });
