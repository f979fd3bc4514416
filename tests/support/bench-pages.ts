/**
 * The pages of the benchmark as text: ours with tag and script, the two baselines, and an empty one. All contain the
 * same text, so that layout and paint cost the same.
 */

const TEXT = Array.from(
  { length: 30 },
  (_, index) => `<p>Paragraph ${String(index + 1)}: an ordinary page has some text, and this is what it looks like here.</p>`,
).join('\n');

/** A page with this in its head and, before the shared text, in its body. */
export const page = (head: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Bench</title>
<link rel="icon" href="data:,"><meta name="viewport" content="width=device-width">${head}</head>
<body><h1>Bench</h1><p>Before the widget.</p>
${body}
${TEXT}</body></html>`;

/** The page without a widget. */
export const emptyPage = page('', '');

/** A page that follows the README: script, tag, and the rule that reserves space for an inline widget. */
export const ourPage = (attributes: string): string =>
  page(
    '<script type="module" src="/voice-agent.js"></script>' +
      (attributes.includes('placement')
        ? ''
        : '<style>voice-agent:not(:defined){display:block;block-size:min(max(38rem,608px),92svh)}</style>'),
    `<voice-agent ${attributes}></voice-agent>`,
  );

/** A page with a button that calls `window.bench.press()` of the given module code. */
const contestant = (code: string): string => page('', `<button id="start">Start</button><script type="module">${code}</script>`);

/** A method that sends a typed turn over this connection and requests a response. */
export const sayOver = (wire: string): string => `say(text) {
    ${wire}.send(JSON.stringify({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] } }));
    ${wire}.send(JSON.stringify({ type: 'response.create' }));
  },`;

/**
 * The baseline: a bare RTCPeerConnection that has its key and microphone before the click. After the click it does what
 * every client must do: offer, exchange, channel, `session.update`, `session.updated`.
 *
 * @param more additional code of the page's module; it may set `onEvent`, which receives each server event
 */
export const barePage = (baseUrl: string, more = ''): string =>
  contestant(`
let onEvent = () => undefined;
const { value: key } = await (await fetch('/token', { method: 'POST' })).json();
const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
let connection, channel;
window.bench = {
  async connect() {
    connection = new RTCPeerConnection();
    channel = connection.createDataChannel('oai-events');
    const configured = new Promise((resolve) => {
      channel.onmessage = ({ data }) => {
        const event = JSON.parse(data);
        if (event.type === 'session.updated') resolve();
        onEvent(event);
      };
    });
    channel.onopen = () => channel.send(JSON.stringify({ type: 'session.update', session: { type: 'realtime' } }));
    const audio = new Audio();
    audio.autoplay = true;
    connection.ontrack = ({ streams }) => (audio.srcObject = streams[0]);
    connection.addTrack(stream.getAudioTracks()[0], stream);
    const offer = await connection.createOffer();
    await connection.setLocalDescription(offer);
    const answer = await fetch('${baseUrl}/realtime/calls', {
      method: 'POST',
      headers: { authorization: 'Bearer ' + key, 'content-type': 'application/sdp' },
      body: offer.sdp,
    });
    await connection.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
    await configured;
  },
  close: () => connection.close(),
  ${sayOver('channel')}
};
${more}
document.querySelector('#start').onclick = () => bench.connect().then(() => (window.connectedAt = performance.now()));
`);

/** The unmodified SDK, with its code already loaded and `connect()` called on click. */
export const stockPage = (baseUrl: string): string =>
  contestant(`
import { OpenAIRealtimeWebRTC } from '/stock.js';
let transport;
window.bench = {
  connect() {
    transport = new OpenAIRealtimeWebRTC({ baseUrl: '${baseUrl}/realtime/calls' });
    transport.on('error', () => undefined);
    return transport.connect({ apiKey: async () => (await (await fetch('/token', { method: 'POST' })).json()).value });
  },
  close: () => transport.close(),
};
document.querySelector('#start').onclick = () => bench.connect().then(() => (window.connectedAt = performance.now()));
`);

/** Ours behind the same interface; it does not touch the element before it is asked to. */
export const ourHandles = `
window.bench = {
  connect: () => document.querySelector('voice-agent').connect(),
  close: () => document.querySelector('voice-agent').close(),
  say: (text) => document.querySelector('voice-agent').send(text),
};
document.addEventListener('voice-agent-state-change', ({ detail }) => {
  if (detail.state === 'connected') window.connectedAt = performance.now();
});
`;
