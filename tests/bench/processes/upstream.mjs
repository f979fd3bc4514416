/**
 * A Realtime API with minimal overhead, so that a benchmark of the server in front of it measures the server: keys,
 * calls that answer any offer, and sidebands with realistic conversations. Started by `server-processes.ts`.
 */
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

/** The response to a key request, with the size of a real one. */
const key = JSON.stringify({
  value: `ek_${'k'.repeat(40)}`,
  expires_at: 4_102_444_800,
  session: { type: 'realtime', id: 'sess_1', model: 'gpt-realtime-2.1', instructions: 'x'.repeat(400) },
});
const ANSWER = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n';
/** Duration of one turn in milliseconds, and its number of transcript deltas. */
const TURN = 10_000;
const PIECES = 40;

const counts = { mints: 0, calls: 0, hangups: 0, attached: 0, events: 0 };
const sockets = new Set();

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    const { url = '' } = request;
    if (url === '/v1/realtime/client_secrets') {
      counts.mints++;
      response.writeHead(200, { 'content-type': 'application/json' }).end(key);
    } else if (url === '/v1/realtime/calls') {
      response
        .writeHead(201, { 'content-type': 'application/sdp', location: `/v1/realtime/calls/rtc_${String(++counts.calls)}` })
        .end(ANSWER);
    } else if (url.endsWith('/hangup')) {
      counts.hangups++;
      response.writeHead(200).end();
    } else response.writeHead(404).end();
  });
});

/** The events of one turn, with their time in milliseconds. */
function turn(round) {
  const [item, answer, id] = [`item_u${String(round)}`, `item_a${String(round)}`, `resp_${String(round)}`];
  const events = [
    [0, { type: 'input_audio_buffer.speech_started', item_id: item, audio_start_ms: 0 }],
    [2_000, { type: 'input_audio_buffer.speech_stopped', item_id: item, audio_end_ms: 2_000 }],
    [2_000, { type: 'input_audio_buffer.committed', item_id: item, previous_item_id: null }],
    [
      2_010,
      {
        type: 'conversation.item.added',
        item: { id: item, type: 'message', role: 'user', status: 'completed', content: [{ type: 'input_audio', transcript: null }] },
      },
    ],
    [2_200, { type: 'response.created', response: { id, object: 'realtime.response', status: 'in_progress', output: [] } }],
    [
      2_400,
      {
        type: 'response.output_item.added',
        response_id: id,
        output_index: 0,
        item: { id: answer, type: 'message', role: 'assistant', status: 'in_progress', content: [] },
      },
    ],
    [2_500, { type: 'output_audio_buffer.started', response_id: id }],
    [
      2_700,
      {
        type: 'conversation.item.input_audio_transcription.completed',
        item_id: item,
        content_index: 0,
        transcript: 'Where is my parcel?',
        usage: { type: 'tokens', total_tokens: 20, input_tokens: 14, output_tokens: 6 },
      },
    ],
    [6_500, { type: 'response.output_audio_transcript.done', response_id: id, item_id: answer, transcript: 'word '.repeat(PIECES) }],
    [
      6_600,
      {
        type: 'response.done',
        response: {
          id,
          object: 'realtime.response',
          status: 'completed',
          output: [
            {
              id: answer,
              type: 'message',
              role: 'assistant',
              status: 'completed',
              content: [{ type: 'output_audio', transcript: 'word '.repeat(PIECES) }],
            },
          ],
          usage: {
            total_tokens: 400,
            input_tokens: 250,
            output_tokens: 150,
            input_token_details: {
              text_tokens: 150,
              audio_tokens: 100,
              cached_tokens: 0,
              cached_tokens_details: { text_tokens: 0, audio_tokens: 0 },
            },
            output_token_details: { text_tokens: 30, audio_tokens: 120 },
          },
        },
      },
    ],
    [9_500, { type: 'output_audio_buffer.stopped', response_id: id }],
  ];
  for (let piece = 0; piece < PIECES; piece++) {
    events.push([
      2_600 + piece * 90,
      {
        type: 'response.output_audio_transcript.delta',
        response_id: id,
        item_id: answer,
        output_index: 0,
        content_index: 0,
        delta: 'word ',
      },
    ]);
  }
  return events.sort(([a], [b]) => a - b);
}

const sidebands = new WebSocketServer({ server, perMessageDeflate: false });
sidebands.on('connection', (socket) => {
  counts.attached++;
  const say = (event) => {
    counts.events++;
    socket.send(JSON.stringify({ event_id: `event_${String(counts.events)}`, ...event }));
  };
  const call = { say, begun: performance.now() - Math.random() * TURN, round: 0, script: turn(0), next: 0 };
  sockets.add(call);
  say({ type: 'session.created', session: { type: 'realtime', id: 'sess_1', model: 'gpt-realtime-2.1' } });
  socket.on('message', (text) => {
    const { type, session } = JSON.parse(String(text));
    if (type === 'session.update') say({ type: 'session.updated', session });
  });
  socket.on('close', () => {
    counts.attached--;
    sockets.delete(call);
  });
  socket.on('error', () => undefined);
});

setInterval(() => {
  const now = performance.now();
  for (const call of sockets) {
    for (;;) {
      if (call.next === call.script.length) {
        if (now - call.begun < TURN) break;
        call.begun += TURN;
        call.script = turn(++call.round);
        call.next = 0;
      }
      const [at, event] = call.script[call.next];
      if (call.begun + at > now) break;
      call.say(event);
      call.next++;
    }
  }
}, 5);

process.on('message', () => process.send(counts));
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send({ url: `http://127.0.0.1:${String(server.address().port)}/v1` }));
