/**
 * Many clients that begin a POST and send its body byte by byte, from several addresses of this machine. A connection that the server
 * closes is opened again. Started by `server-processes.ts`; the message `begin` opens all connections within `rampMs`, `count` counts them.
 */
import { connect } from 'node:net';

const { url, connections, addresses, origin, rampMs } = JSON.parse(process.argv[2]);
const { port, host } = new URL(url);
/** Milliseconds between two bytes, and until a closed connection is opened again. */
const EACH = 1_000;
const AGAIN = 10_000;

const open = new Set();
let opened = 0;
let closed = 0;

/** The beginning of a request; every second body is chunked. Behind a proxy, the visitor's address is in the header. */
function head(index) {
  const path = index % 2 ? '/voice/token' : '/voice/call';
  const chunked = index % 4 < 2;
  return [
    `POST ${path} HTTP/1.1`,
    `Host: ${host}`,
    `Origin: ${origin}`,
    'Content-Type: application/sdp',
    `X-Forwarded-For: 10.${String(process.pid % 256)}.${String(index % 250)}.${String(Math.floor(index / 250))}`,
    chunked ? 'Transfer-Encoding: chunked\r\n\r\n64\r\nv=0\r\n' : 'Content-Length: 1000\r\n\r\nv=0\r\n',
  ].join('\r\n');
}

function start(index) {
  const socket = connect({ port: Number(port), host: '127.0.0.1', localAddress: addresses[index % addresses.length] });
  socket.on('connect', () => {
    opened++;
    open.add(socket);
    socket.write(head(index));
  });
  socket.on('data', () => undefined);
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed++;
    open.delete(socket);
    setTimeout(start, AGAIN, index);
  });
}

setInterval(() => {
  for (const socket of open) if (socket.writable) socket.write('a');
}, EACH);

process.on('message', (order) => {
  if (order === 'begin') for (let index = 0; index < connections; index++) setTimeout(start, (index / connections) * rampMs, index);
  process.send({ open: open.size, opened, closed });
});
process.on('disconnect', () => process.exit());
process.send({});
