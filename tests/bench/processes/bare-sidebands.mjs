/**
 * The minimal process that holds the connections of many calls: per call a WebSocket whose events it parses and discards, and an open
 * event stream to a page. No guards, no state. Started by `server-processes.ts`.
 */
import { createServer } from 'node:http';
import { WebSocket } from 'ws';

const { upstream } = JSON.parse(process.argv[2]);
const faults = [];

const server = createServer((request, response) => {
  if (request.url === '/notices') {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    return;
  }
  const socket = new WebSocket(`${upstream.replace(/^http/, 'ws')}/realtime`, { perMessageDeflate: false });
  socket.on('message', (text) => JSON.parse(String(text)));
  socket.on('error', (error) => faults.push(String(error)));
  socket.on('open', () => response.writeHead(201).end());
});
process.on('message', () => {
  globalThis.gc?.();
  process.send({ rss: process.memoryUsage().rss, faults });
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send({ url: `http://127.0.0.1:${String(server.address().port)}` }));
