/**
 * The baselines of the widget, each a minimal page that does one job well: a hello-world Lit element, a windowed list
 * of streamed words, a call over WebSocket.
 */
import { bundleModule } from './bench-bundle.js';
import { barePage, page, sayOver } from './bench-pages.js';

/** The starter from Lit's documentation: a property, a button, a few styles. */
const HELLO_CODE = `
import { LitElement, css, html } from 'lit';
class HelloWorld extends LitElement {
  static styles = css\`
    :host { display: block; padding: 16px; border: 1px solid gray; max-width: 800px; }
    button { font: inherit; padding: 8px 16px; }
  \`;
  static properties = { name: {}, count: { type: Number } };
  constructor() { super(); this.name = 'World'; this.count = 0; }
  render() {
    return html\`<h2>Hello, \${this.name}!</h2>
      <button part="button" @click=\${() => this.count++}>Click count: \${this.count}</button><slot></slot>\`;
  }
}
customElements.define('hello-world', HelloWorld);`;

/** The hello-world element with unmodified Lit, minified. */
export const bundleHelloLit = (): Promise<string> => bundleModule(HELLO_CODE);

/** The page of the hello-world element; its script is `/hello.js`. */
export const helloPage = page('<script type="module" src="/hello.js"></script>', '<hello-world></hello-world>');

/** Number of rows that the plain list keeps in the DOM. */
const WINDOW = 40;

/**
 * A bare call whose streamed words go into a list of `turns` texts, the newest of which are in the DOM. Like the
 * widget, it stays scrolled to the end while words arrive. Call `bench.connect()`, then send
 * `response.output_audio_transcript.delta` events.
 */
export const plainListPage = (baseUrl: string, turns: number): string =>
  barePage(
    baseUrl,
    `
const list = document.body.insertBefore(document.createElement('div'), document.body.children[2]);
list.style.cssText = 'block-size: 400px; overflow-y: auto; font: 15px/1.5 sans-serif';
const texts = Array.from({ length: ${String(turns)} }, (_, turn) => 'Turn ' + turn + ': ' + 'some words that one would say '.repeat(1 + (turn % 4)) + '.');
const row = (text) => {
  const element = document.createElement('p');
  element.append(text);
  list.append(element);
  return element.firstChild;
};
for (const text of texts.slice(-${String(WINDOW)})) row(text);
list.scrollTop = list.scrollHeight;
let last, due = '';
const begin = () => { last = row(''); list.firstChild.remove(); };
const show = () => {
  last.appendData(due);
  due = '';
  list.scrollTop = list.scrollHeight;
};
onEvent = ({ type, delta }) => {
  if (type === 'response.output_item.added') begin();
  if (type !== 'response.output_audio_transcript.delta' || !last) return;
  if (!due) requestAnimationFrame(show);
  due += delta;
};`,
  );

/** The audio worklet of the bare WebSocket page: chunks of 80 ms, PCM16, at the sample rate of the wire. */
export const BARE_WORKLET = `
registerProcessor('bare-capture', class extends AudioWorkletProcessor {
  piece = new Int16Array(1920);
  filled = 0;
  process([[samples]]) {
    for (const sample of samples ?? []) {
      this.piece[this.filled++] = Math.max(-1, Math.min(1, sample)) * 32767;
      if (this.filled < 1920) continue;
      this.port.postMessage(this.piece.buffer, [this.piece.buffer]);
      this.piece = new Int16Array(1920);
      this.filled = 0;
    }
    return true;
  }
});`;

/**
 * A page that does what a WebSocket call requires: sends the microphone (or the stream passed to `bench.connect()`) as base64, receives and
 * plays the answer. No widget.
 */
export const bareSocketPage = (baseUrl: string): string =>
  page(
    '',
    `<script type="module">
const { value: key } = await (await fetch('/token', { method: 'POST' })).json();
let socket;
window.bench = {
  async connect(microphone) {
    const context = new AudioContext({ sampleRate: 24000 });
    await context.audioWorklet.addModule('/bare-worklet.js');
    const stream = microphone ?? await navigator.mediaDevices.getUserMedia({ audio: true });
    socket = new WebSocket('${baseUrl.replace(/^http/, 'ws')}/realtime?model=gpt-realtime-2.1', ['realtime', 'openai-insecure-api-key.' + key]);
    const output = new MediaStreamAudioDestinationNode(context);
    const audio = new Audio();
    audio.srcObject = output.stream;
    let until = 0;
    const play = (text) => {
      const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
      const samples = new Int16Array(bytes.buffer);
      const buffer = new AudioBuffer({ length: samples.length, sampleRate: 24000 });
      buffer.copyToChannel(Float32Array.from(samples, (sample) => sample / 32768), 0);
      const source = new AudioBufferSourceNode(context, { buffer });
      source.connect(output);
      until = Math.max(until, context.currentTime + 0.05);
      source.start(until);
      until += buffer.duration;
    };
    await new Promise((resolve) => {
      socket.onopen = () => socket.send(JSON.stringify({ type: 'session.update', session: { type: 'realtime', audio: { input: { turn_detection: null } } } }));
      socket.onmessage = ({ data }) => {
        const event = JSON.parse(data);
        if (event.type === 'session.updated') resolve();
        if (event.type === 'response.output_audio.delta') play(event.delta);
      };
    });
    const node = new AudioWorkletNode(context, 'bare-capture');
    node.port.onmessage = ({ data }) => {
      let text = '';
      for (const byte of new Uint8Array(data)) text += String.fromCharCode(byte);
      socket.send('{"type":"input_audio_buffer.append","audio":"' + btoa(text) + '"}');
    };
    new MediaStreamAudioSourceNode(context, { mediaStream: stream }).connect(node);
    await audio.play();
  },
  ${sayOver('socket')}
};
</script>`,
  );
