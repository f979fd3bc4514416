/** The page's own microphone stream, audio element and recordings: used during the call and returned to the page at its end. */
import { chromiumLaunch } from '../support/chromium.js';
import { spokenTurn, holdsSentence } from '../support/seeds/turn.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

type Agent = HTMLElementTagNameMap['voice-agent'];

declare global {
  interface Window {
    page: { stream: MediaStream; element: HTMLAudioElement; speak(): void; samples(): Promise<Int16Array<ArrayBuffer>> };
  }
}

/** A page whose voice is a recording, played by `page.speak()`, and which plays answers with its own audio element. */
const script = `
const samples = async () => new Int16Array(await (await fetch('/recording.pcm')).arrayBuffer());
const context = new AudioContext({ sampleRate: 24000 });
const output = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
const words = await samples();
const buffer = new AudioBuffer({ length: words.length, sampleRate: 24000 });
buffer.copyToChannel(Float32Array.from(words, (sample) => sample / 32768), 0);
const element = document.querySelector('audio');
window.page = {
  stream: output.stream, element, samples,
  speak() { const source = new AudioBufferSourceNode(context, { buffer }); source.connect(output); source.start(); },
};
Object.assign(document.querySelector('voice-agent'), { mediaStream: output.stream, audioElement: element });
document.body.dataset.ready = '';`;

for (const transport of ['webrtc', 'websocket']) {
  test(`${transport}: the server hears the page's stream, the page's element plays the answer, and both survive the call`, async ({
    page,
    widget,
    site,
    tape,
    resources,
  }) => {
    site.answer('/recording.pcm', () => new Response(spokenTurn.samples.slice().buffer));
    await widget.open(site, { attributes: { transport }, body: '<audio></audio>', script });
    await expect(page.locator('body')).toHaveAttribute('data-ready');
    await tape.listen();
    await widget.button('Start talking').click();
    await widget.reaches('connected');
    const call = await site.sandbox.nextCall();
    await page.evaluate(() => window.page.speak());
    await widget.reaches('speaking', 40_000);
    await widget.reaches('listening', 60_000);
    expect(holdsSentence(call.inputAudio()), 'the server heard the page’s stream').toBe(true);
    await expect.poll(async () => holdsSentence(await tape.samples()), 'the page’s element played the answer').toBe(true);
    expect(await resources.asked(), 'the widget opens no microphone').toMatchObject({ microphone: 0 });

    await widget.button('Mute').click();
    await expect.poll(() => page.evaluate(() => window.page.stream.getAudioTracks()[0]?.enabled)).toBe(false);
    await widget.button('End call').click();
    await call.ended;
    const after = await page.evaluate(() => {
      const [track] = window.page.stream.getAudioTracks();
      return {
        state: track?.readyState,
        enabled: track?.enabled,
        source: window.page.element.srcObject,
        inPage: window.page.element.isConnected,
      };
    });
    expect(after, 'the track is neither stopped nor muted').toEqual({ state: 'live', enabled: true, source: null, inPage: true });
  });

  test(`${transport}: send() accepts a recording or a stream and refuses invalid audio`, async ({ page, widget, site }) => {
    site.answer('/recording.pcm', () => new Response(spokenTurn.samples.slice().buffer));
    site.sandbox.script({ replies: ['I heard the recording.', 'I heard the stream.'] });
    await widget.open(site, {
      attributes: { transport, 'turn-detection': 'none', open: true, muted: true },
      body: '<audio></audio>',
      script,
    });
    await expect(page.locator('body')).toHaveAttribute('data-ready');
    await widget.host.evaluate((agent: Agent) => {
      agent.mediaStream = undefined;
      return agent.connect();
    });
    const call = await site.sandbox.nextCall();
    await widget.host.evaluate(async (agent: Agent) => {
      await agent.send(await window.page.samples(), { commit: true });
      await agent.answer();
    });
    await expect(widget.transcript.getByText('I heard the recording.')).toBeVisible({ timeout: 30_000 });
    expect(call.items[0]).toMatchObject({ type: 'message', role: 'user', content: [{ type: 'input_audio' }] });
    const appended = (after = 0) => {
      const pieces = call.events.filter(
        ({ index, direction, type }) => index >= after && direction === 'in' && type === 'input_audio_buffer.append',
      );
      return Buffer.concat(pieces.map(({ event }) => Buffer.from(String(event['audio']), 'base64')));
    };
    const expected = Buffer.from(spokenTurn.samples.slice().buffer);
    // Over a WebSocket, the muted microphone's silence is interleaved with the pieces.
    const largest = Math.max(
      ...call.events.filter(({ type }) => type === 'input_audio_buffer.append').map(({ event }) => String(event['audio']).length),
    );
    expect(largest, 'base64 of 32 kB').toBeLessThanOrEqual(Math.ceil(32_768 / 3) * 4);
    if (transport === 'webrtc') expect(appended().equals(expected), 'every sample, in order').toBe(true);

    const after = call.events.length;
    await widget.host.evaluate(async (agent: Agent) => {
      const bytes = new Uint8Array((await window.page.samples()).buffer);
      let at = 0;
      // Chunks of an odd length: a sample may be split.
      const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull(controller) {
          if (at >= bytes.length) return controller.close();
          controller.enqueue(bytes.slice(at, at + 4_001));
          at += 4_001;
        },
      });
      await agent.send(stream, { commit: true });
      await agent.answer();
    });
    await expect(widget.transcript.getByText('I heard the stream.')).toBeVisible({ timeout: 30_000 });
    if (transport === 'webrtc') expect(appended(after).equals(expected), 'every sample of the stream, in order').toBe(true);

    const refused = await widget.host.evaluate((agent: Agent) => {
      const codeOf = (sending: Promise<void>) =>
        sending.then(
          () => 'sent',
          ({ code }: { code: string }) => code,
        );
      return new Promise<string[]>((resolve) => {
        const endless = new ReadableStream<Int16Array>(
          {
            pull() {
              // The call ends while a read is pending.
              void agent.close();
              return new Promise(() => undefined);
            },
            cancel: () => void (document.body.dataset['cancelled'] = ''),
          },
          { highWaterMark: 0 },
        );
        resolve(Promise.all([codeOf(agent.send(new Float32Array(8) as never)), codeOf(agent.send(endless))]));
      });
    });
    expect(refused).toEqual(['invalid_request', 'aborted']);
    await expect(page.locator('body'), 'the stream was cancelled').toHaveAttribute('data-cancelled');
  });
}
