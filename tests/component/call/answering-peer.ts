/**
 * The other end of a call inside the test page: a second `RTCPeerConnection` that answers offers, confirms session
 * settings and plays a tone. It implements just enough of the protocol for a call; scripts send everything else.
 */
type Json = Record<string, unknown> & { type: string };

/** How the peer misbehaves. */
export interface PeerFaults {
  /** The response to the first `session.update`: an error, none, or the confirmation (default). */
  readonly configuration?: 'refuse' | 'ignore';
  /** Answers without a working data channel section, so the channel never opens. */
  readonly unreachable?: boolean;
  /** Additional fields of the initial session. */
  readonly session?: Record<string, unknown>;
}

/** One answered call. */
export class AnsweringPeer {
  readonly connection = new RTCPeerConnection();
  /** All events received over the channel. */
  readonly received: Json[] = [];
  readonly #faults: PeerFaults;
  readonly #context = new AudioContext();
  readonly #sink = new Audio();
  readonly #waiting: { type: string; found: (event: Json) => void }[] = [];
  channel: RTCDataChannel | undefined;
  microphone: MediaStreamTrack | undefined;
  #ids = 0;

  constructor(faults: PeerFaults = {}) {
    this.#faults = faults;
    this.connection.ondatachannel = ({ channel }) => this.#serve(channel);
    this.connection.ontrack = ({ track }) => {
      this.microphone = track;
      // Chromium only measures the audio energy of tracks that are played.
      this.#sink.srcObject = new MediaStream([track]);
      this.#sink.play().catch(() => undefined);
    };
  }

  /** The answer to an offer; the tone starts with it. */
  async answer(offer: string): Promise<string> {
    await this.connection.setRemoteDescription({ type: 'offer', sdp: offer });
    const tone = new OscillatorNode(this.#context, { frequency: 440 });
    const sink = new MediaStreamAudioDestinationNode(this.#context);
    tone.connect(sink);
    tone.start();
    const [track] = sink.stream.getAudioTracks();
    const [transceiver] = this.connection.getTransceivers();
    if (transceiver && track) {
      transceiver.direction = transceiver.direction === 'recvonly' || offer.includes('a=sendrecv') ? 'sendrecv' : 'sendonly';
      await transceiver.sender.replaceTrack(track);
    }
    await this.connection.setLocalDescription();
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (this.connection.iceGatheringState === 'complete') resolve();
      };
      this.connection.onicegatheringstatechange = check;
      check();
    });
    const sdp = this.connection.localDescription?.sdp ?? '';
    return this.#faults.unreachable ? sdp.replace(/^a=candidate.*\r\n/gm, '') : sdp;
  }

  /** Sends an event; an `event_id` is added. */
  send(event: Json): void {
    this.sendRaw(JSON.stringify({ event_id: `event_${++this.#ids}`, ...event }));
  }

  sendRaw(data: string | ArrayBuffer): void {
    this.channel?.send(data as string);
  }

  /** The next (or an earlier, unclaimed) event of a type. */
  next(type: string): Promise<Json> {
    return new Promise((found) => this.#waiting.push({ type, found }));
  }

  async close(): Promise<void> {
    this.connection.close();
    this.#sink.srcObject = null;
    if (this.#context.state !== 'closed') await this.#context.close();
  }

  #serve(channel: RTCDataChannel): void {
    this.channel = channel;
    channel.onopen = () => this.send({ type: 'session.created', session: { type: 'realtime', model: 'test', ...this.#faults.session } });
    channel.onmessage = ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as Json;
      this.received.push(event);
      const index = this.#waiting.findIndex(({ type }) => type === event.type);
      if (index >= 0) this.#waiting.splice(index, 1)[0]?.found(event);
      if (event.type === 'session.update') this.#confirm(event);
    };
  }

  #confirm(update: Json): void {
    if (this.#faults.configuration === 'ignore') return;
    if (this.#faults.configuration === 'refuse') {
      this.send({
        type: 'error',
        error: { type: 'invalid_request_error', code: 'invalid_value', message: 'Invalid voice', event_id: update['event_id'] },
      });
      return;
    }
    this.send({ type: 'session.updated', session: update['session'] });
  }
}
