/**
 * One call, from the click to its end: everything that must be released afterwards.
 *
 * Owns: audio, connection, tools and timers of one call; the order in which they handle a server event.
 * Does not own: the status (`voice-session.ts`), the transcript, the next call.
 */
import type { CallEnd } from '../contract/call-bus.js';
import { VoiceAgentError } from '../contract/errors.js';
import type { RealtimeEvent } from '../contract/options.js';
import { refusesAnswer } from '../contract/refuses-answer.js';
import type { CallEnding } from '../contract/states.js';
import type { Transport } from '../transport/transport.js';
import { Answering } from './answering.js';
import type { CallContext, LiveCallSetup, ReconnectState } from './call-context.js';
import { CallSound } from './call-sound.js';
import { Connection } from './connection.js';
import { until } from './http.js';
import { loadCode } from './load-code.js';
import { PageInput } from './page-input.js';
import { PageTools } from './page-tools.js';
import { Progress } from './progress.js';
import { readServerError } from './server-error.js';
import type { Transcription } from './transcription.js';

/** See the head of the file. */
export class LiveCall implements CallContext {
  readonly setup: LiveCallSetup;
  readonly signal: AbortSignal;
  readonly transcribes: boolean;
  /** Microphone and loudspeaker. */
  readonly sound: CallSound;
  readonly answering: Answering;
  /** The tools of this call and their approvals. */
  readonly tools: PageTools;
  /** Text, audio, images and histories from the page. */
  readonly input: PageInput;
  readonly #abort = new AbortController();
  readonly #connection: Connection;
  readonly #progress: Progress;
  #transcription: Transcription | undefined;
  #settings: RealtimeEvent | undefined;
  #since: number | undefined;
  #ending: CallEnding | null | undefined;
  #released: Promise<void> | undefined;

  constructor(setup: LiveCallSetup) {
    this.setup = setup;
    this.signal = this.#abort.signal;
    this.transcribes = setup.options.mode === 'transcription';
    this.sound = new CallSound(this);
    this.answering = new Answering(this, this.sound.speaker);
    this.tools = new PageTools(this, this.answering, (name) => this.#connection.agentOwns(name));
    this.input = new PageInput(this, this.answering);
    this.#progress = new Progress(this, () =>
      this.cancel(new VoiceAgentError(this.sound.microphone?.unanswered ? 'mic_unresponsive' : 'timeout')),
    );
    this.#connection = new Connection(this, this.sound, this.tools);
    const { bus, conversation } = setup;
    bus.on('server-event', (event) => this.#receive(event));
    bus.on('local-event', (event) => this.#receive(event));
    bus.on('sent', (event) => conversation.noteSent(event));
    bus.on('tool-step', ({ callId, status }) => conversation.settleToolCall(callId, status));
    bus.on('tool-end', ({ call: { callId, status } }) => conversation.settleToolCall(callId, status === 'streaming' ? 'failed' : status));
    bus.on('stalled', (stalled) => this.#stall(stalled));
    bus.on('ending', (ending) => {
      this.#ending = ending;
      bus.emit('change', { type: 'ending', ending });
    });
    bus.on('end', (end) => this.#failAttempt(end));
  }

  get transport(): Transport | undefined {
    return this.#connection.transport;
  }

  /** Milliseconds since the call, or its first connection, was live; 0 before. */
  get duration(): number {
    const since = this.setup.kept?.since ?? this.#since;
    return since === undefined ? 0 : this.setup.environment.now() - since;
  }

  /** Milliseconds since this connection was live; 0 before. */
  get age(): number {
    return this.#since === undefined ? 0 : this.setup.environment.now() - this.#since;
  }

  get live(): boolean {
    return this.#since !== undefined && !this.#released;
  }

  liveTransport(): Transport {
    if (!this.transport || !this.live) {
      throw new VoiceAgentError('invalid_request', { message: 'The call is not connected.' });
    }
    return this.transport;
  }

  /** Resolves when the session is configured and the microphone is live; releases everything if that fails. */
  async connect(): Promise<void> {
    const { signal } = this;
    const { bus, environment, kept } = this.setup;
    try {
      bus.emit('phase', 'authorizing');
      const transcribing = this.transcribes ? loadCode(import('./transcription.js')) : undefined;
      transcribing?.catch(() => undefined);
      await this.#connection.open();
      await until(this.sound.settle(), signal);
      const module = await transcribing;
      signal.throwIfAborted();
      if (module) this.#transcribe(module);
      for (const event of kept?.restore ?? []) this.transport?.sendEvent(event);
    } catch (reason) {
      const error = VoiceAgentError.from(signal.aborted ? signal.reason : reason, 'network');
      void this.release();
      throw error;
    }
    this.#progress.end();
    this.#since = environment.now();
    this.#announce();
    void this.sound.watch();
    if (!kept) this.#greet();
    else if (kept.unanswered) this.answering.request();
  }

  /** Releases the broken connection and returns the state for the next one. */
  part(): ReconnectState {
    const { environment, kept } = this.setup;
    const { activity } = this.answering.turns;
    const sound = this.sound.keep();
    this.#released ??= this.#release(true);
    return {
      ...sound,
      since: kept?.since ?? this.#since ?? environment.now(),
      unanswered: activity === 'thinking',
    };
  }

  /** Ends an attempt in progress with this error. */
  cancel(error: VoiceAgentError): void {
    if (this.#since === undefined) this.#abort.abort(error);
  }

  /** Hangs up at once; a transcription first waits for the text of the last turn. */
  async close(): Promise<void> {
    if (this.#transcription && !this.#released) {
      this.sound.microphone?.release();
      await this.#transcription.finish();
    }
    await this.release();
  }

  /** Releases everything: tracks, connection and timers at once, the rest by the time the promise resolves. */
  release(): Promise<void> {
    this.#released ??= this.#release(false);
    return this.#released;
  }

  #announce(): void {
    this.setup.bus.emit('change', {
      type: 'connected',
      activity: this.answering.turns.activity,
      microphone: this.sound.state,
      soundBlocked: this.sound.blocked,
      since: this.setup.kept?.since ?? this.#since ?? 0,
      ending: this.#ending,
    });
  }

  #stall(stalled: boolean): void {
    if (stalled) this.setup.bus.emit('change', { type: 'stalled', attempt: 0 });
    // Before the microphone has joined, `connect()` announces the call.
    else if (this.#since !== undefined) this.#announce();
  }

  /** Requests the greeting as a separate response, in quotes, so that the agent says it instead of replying to it. */
  #greet(): void {
    const { greeting } = this.setup.options;
    if (greeting && !this.signal.aborted && !this.transcribes)
      this.answering.request({ instructions: `Greet the visitor with exactly these words: "${greeting}"` });
  }

  #receive(event: RealtimeEvent): void {
    const { bus, conversation } = this.setup;
    this.answering.receive(event);
    this.input.apply(event);
    conversation.apply(event);
    if (event.type === 'session.updated') this.#settings = event;
    this.#transcription?.apply(event);
    this.tools.apply(event);
    this.answering.reportActivity();
    // If an answer was refused because another one was in progress, the transport requests it again.
    if (this.#since === undefined || (event.type !== 'response.done' && (event.type !== 'error' || refusesAnswer(event)))) return;
    const problem = readServerError(event, conversation);
    if (!problem) return;
    if (problem.about) conversation.failLocalUserText(problem.about);
    if (problem.ends) bus.emit('end', problem.error);
    else bus.emit('error', problem.error);
  }

  #transcribe({ Transcription }: typeof import('./transcription.js')): void {
    this.#transcription = new Transcription({
      options: this.setup.options,
      timers: this.setup.environment,
      send: (event) => {
        try {
          this.transport?.sendEvent(event);
        } catch {
          // The channel is closing: the end of the call is reported shortly.
        }
      },
      level: () => this.sound.levels().input,
      onSpeech: (speaks) => {
        this.answering.turns.apply({ type: speaks ? 'input_audio_buffer.speech_started' : 'input_audio_buffer.speech_stopped' });
        this.answering.reportActivity();
      },
    });
    if (this.#settings) this.#transcription.apply(this.#settings);
  }

  /** Ends the attempt; the end of a live call is handled by the session. `idle`: the microphone prompt was open for too long. */
  #failAttempt(end: CallEnd): void {
    this.cancel(typeof end === 'string' ? new VoiceAgentError(end === 'idle' ? 'mic_dismissed' : 'connection_lost') : end);
  }

  /** `goesOn`: the next connection takes over the state that outlives this one. */
  async #release(goesOn: boolean): Promise<void> {
    const { bus, conversation } = this.setup;
    this.#abort.abort(new VoiceAgentError('aborted'));
    this.#progress.end();
    const silent = this.sound.release(goesOn);
    this.tools.release();
    bus.release();
    this.#transcription?.release();
    this.#connection.release();
    if (this.#since !== undefined) conversation.endCall(goesOn);
    await silent;
  }
}
