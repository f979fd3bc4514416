/**
 * The built server in a separate process, as in production, and its costs: memory and event loop lag. Started by
 * `server-processes.ts` with its options as JSON.
 */
import { createVoiceServer, redisState, visitorToken } from '../../../dist/server.js';
import { leanFetch, serve } from '../../../dist/server-node.js';

const { redis, secret, ...options } = JSON.parse(process.argv[2]);
/** Milliseconds between two clock checks. */
const LOOK = 10;

const faults = [];
process.on('uncaughtException', (error) => faults.push(String(error)));
process.on('unhandledRejection', (error) => faults.push(String(error)));

const app = createVoiceServer({
  // Like the `voice-agent-server` command.
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
  // Collect garbage first, so that the result is the memory that the calls hold.
  if (order === 'collect') globalThis.gc?.();
  late.sort((a, b) => a - b);
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send({
    rss,
    heapUsed,
    external,
    lag99: late[Math.floor(late.length * 0.99)] ?? 0,
    lagMost: late.at(-1) ?? 0,
    cpu: process.cpuUsage(),
    faults,
  });
});
process.on('disconnect', () => process.exit());
const { url } = await serve(app, { ownProcess: true });
process.send({ url });
