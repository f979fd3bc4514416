/**
 * One call, from the click to its end: everything that must be released afterwards.
 *
 * Owns: audio, connection, tools and timers of one call; the handling of server events.
 * Does not own: the status (`voice-session.ts`), the transcript, the next call.
 *
 * Longer than most files, because each part is created and released in the same place.
 */
import type { Levels } from '../contract/call.js';
import { VoiceAgentError } from '../contract/errors.js';
import type { ToolCall } from '../contract/messages.js';
import type { RealtimeEvent } from '../contract/options.js';
import { refusesAnswer } from '../contract/refuses-answer.js';
import type { CallEnding, ConnectPhase } from '../contract/states.js';
import type { CallEnd, Transport } from '../transport/transport.js';
import { Answering } from './answering.js';
import { CallSound } from './call-sound.js';
import { Connection } from './connection.js';
import { until } from './http.js';
import type { ReconnectState, LiveCallSetup } from './live-call-setup.js';
import { loadCode } from './load-code.js';
import { PageInput, warnOf } from './page-input.js';
import { PageTools } from './page-tools.js';
import { Progress } from './progress.js';
import { readServerError } from './server-error.js';
import type { Transcription } from './transcription.js';

/** For logs: the server refused a request for a response twice. */
const UNANSWERED = 'The server refused to answer twice: another response was in progress.';
const SILENCE: Levels = Object.freeze({ input: 0, output: 0 });

/** See the head of the file. */
export class LiveCall {
  /** The tools of this call and their approvals. */
  readonly tools: PageTools;
  /** Microphone and loudspeaker. */
  readonly sound: CallSound;
  readonly #setup: LiveCallSetup;
  readonly #abort = new AbortController();
  /** Audio, images and histories from the page. */
  readonly input: PageInput;
  readonly #connection: Connection;
  readonly #answering: Answering;
  readonly #progress: Progress;
  /** The server only transcribes the visitor. */
  readonly #transcribes: boolean;
  #transcription: Transcription | undefined;
  #settings: RealtimeEvent | undefined;
  #since: number | undefined;
  #ending: CallEnding | null | undefined;
  #hidden = 0;
  #released: Promise<void> | undefined;

  constructor(setup: LiveCallSetup) {
    this.#setup = setup;
    const { environment, options, kept } = setup;
    this.#transcribes = options.mode === 'transcription';
    this.sound = new CallSound({ ...setup, transport: () => this.transport });
    this.#answering = new Answering({
      speaker: this.sound.speaker,
      answers: !this.#transcribes,
      transport: () => this.transport,
      change: setup.change,
    });
    const onToolStart = (call: ToolCall): void => {
      this.#answering.expect();
      setup.onToolStart(call);
    };
    this.tools = new PageTools({
      options,
      timers: environment,
      send: (event) => this.sendEvent(event),
      request: () => this.#answering.request(),
      isAgents: (name) => this.#connection.isAgents(name),
      onError: setup.onError,
      onApprovalRequest: setup.onApprovalRequest,
      onApprovals: setup.onApprovals,
      onStart: onToolStart,
      onStep: (callId, status) => setup.conversation.settleToolCall(callId, status),
      onEnd: setup.onToolEnd,
    });
    this.input = new PageInput({
      conversation: setup.conversation,
      signal: this.#abort.signal,
      live: () => this.#live(),
      request: () => this.#answering.request(),
      pointless: (method) => {
        if (this.#transcribes) warnOf(method);
        return this.#transcribes;
      },
    });
    this.#progress = new Progress({ ...setup, onLate: () => this.cancel(new VoiceAgentError(this.sound.microphone?.unanswered ? 'mic_unresponsive' : 'timeout')) });
    this.#connection = new Connection({
      environment,
      options,
      tokens: setup.tokens,
      microphone: this.sound.microphone,
      controls: setup.controls,
      signal: this.#abort.signal,
      onPhase: (phase) => this.#enter(phase),
      onPrompt: (open) => (open || this.#isOpen) && this.#progress.prompt(open),
      onEnding: (ending) => setup.change({ type: 'ending', ending: (this.#ending = ending) }),
      onClaim: () => this.sound.claim(),
      onMicrophone: this.sound.hear,
      agents: setup.agents,
      agent: {
        resumes: kept !== undefined,
        approve: (question) => this.tools.ask(question),
        onDecided: (id, approved) => this.tools.decide(id, approved),
        onToolStart,
        onToolOutput: (callId, failed, answers) => {
          setup.conversation.settleToolCall(callId, failed ? 'failed' : 'done');
          this.#answering.expect(answers);
        },
        onToolEnd: (call, output, error) => {
          setup.conversation.settleToolCall(call.callId, call.status === 'streaming' ? 'failed' : call.status);
          setup.onToolEnd(call, output, error);
        },
        interrupt: () => this.interrupt(),
        hideItem: () => {
          const id = `hidden_${Math.floor(environment.random() * 1e9).toString(36)}_${++this.#hidden}`;
          setup.conversation.hideItem(id);
          return id;
        },
        onError: setup.onError,
      },
      transport: {
        approve: (question) => this.tools.ask(question),
        onTrack: (track) => this.#transcribes || this.sound.speaker.attach(track),
        receiveOnly: !setup.microphone,
        isMuted: () => this.sound.muted,
        onMute: setup.onMute,
        onInterrupt: () => this.interrupt(),
        onSent: (event) => {
          setup.conversation.noteSent(event);
          if (this.live) setup.onSent(event);
        },
        onConfiguring: () => this.#enter('configuring'),
        onEvent: (event, own) => this.#receive(event, own),
        onAwaited: (awaited) => this.#answering.expect(awaited),
        onRefused: (cause) => setup.onError(new VoiceAgentError('server_error', { message: UNANSWERED, cause })),
        onStalled: (stalled) => this.#stall(stalled),
        onEnd: (end) => this.#end(end),
      },
    });
  }

  get transport(): Transport | undefined {
    return this.#connection.transport;
  }

  /** Milliseconds since the call, or its first connection, was live; 0 before. */
  get duration(): number {
    const since = this.#setup.kept?.since ?? this.#since;
    return since === undefined ? 0 : this.#setup.environment.now() - since;
  }

  /** Milliseconds since this connection was live; 0 before. */
  get age(): number {
    return this.#since === undefined ? 0 : this.#setup.environment.now() - this.#since;
  }

  /** True from the connection to `release()`. */
  get live(): boolean {
    return this.#since !== undefined && !this.#released;
  }

  /** Resolves when the session is configured and the microphone is live; releases everything if that fails. */
  async connect(): Promise<void> {
    const { signal } = this.#abort;
    try {
      this.#enter('authorizing');
      const transcribing = this.#transcribes ? loadCode(import('./transcription.js')) : undefined;
      transcribing?.catch(() => undefined);
      await this.#connection.open();
      await until(this.sound.settle(), signal);
      const module = await transcribing;
      signal.throwIfAborted();
      if (module) this.#follow(module);
      for (const event of this.#setup.kept?.restore ?? []) this.transport?.sendEvent(event);
    } catch (reason) {
      const error = VoiceAgentError.from(signal.aborted ? signal.reason : reason, 'network');
      void this.release();
      throw error;
    }
    this.#progress.end();
    const { environment, kept } = this.#setup;
    this.#since = environment.now();
    this.#announce();
    void this.sound.watch();
    if (!kept) this.#greet();
    else if (kept.unanswered) this.#answering.request();
  }

  /** Releases the broken connection and returns the state for the next one. */
  part(): ReconnectState {
    const { environment, kept } = this.#setup;
    const { activity } = this.#answering.turns;
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

  mute(on: boolean): void {
    this.sound.mute(on);
    if (!this.#released) this.transport?.muteInput?.(on || !this.#setup.microphone);
    this.#setup.change({ type: 'microphone', microphone: this.sound.state });
  }

  /** Silences the answer locally at once, then notifies the server. Has no effect while there is no answer. */
  interrupt(): void {
    if (this.live) this.#answering.interrupt();
  }

  /** @throws VoiceAgentError `invalid_request` */
  sendText(text: string, id: string): void {
    const transport = this.#live();
    if (this.#transcribes) return warnOf('send()');
    this.interrupt();
    transport.sendEvent({
      type: 'conversation.item.create',
      event_id: id,
      item: { id, type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
    });
    this.#setup.conversation.addLocalUserText(id, text);
    this.#answering.request();
  }

  /** @throws VoiceAgentError `invalid_request` */
  answer(response?: Readonly<Record<string, unknown>>): void {
    this.#live();
    if (this.#transcribes) return warnOf('answer()');
    this.#answering.request(response);
  }

  /** @throws VoiceAgentError `invalid_request` */
  sendEvent(event: RealtimeEvent): void {
    this.#live().sendEvent(event);
  }

  reportActivity(asked: boolean): void {
    this.#connection.reportActivity(asked);
  }

  levels(): Levels {
    return this.live ? this.sound.levels() : SILENCE;
  }

  get #isOpen(): boolean {
    return !this.#released && !this.#abort.signal.aborted;
  }

  #live(): Transport {
    if (!this.transport || !this.live) {
      throw new VoiceAgentError('invalid_request', { message: 'The call is not connected.' });
    }
    return this.transport;
  }

  #enter(phase: ConnectPhase): void {
    if (this.#isOpen) this.#progress.enter(phase);
  }

  #announce(): void {
    this.#setup.change({
      type: 'connected',
      activity: this.#answering.turns.activity,
      microphone: this.sound.state,
      soundBlocked: this.sound.blocked,
      since: this.#setup.kept?.since ?? this.#since ?? 0,
      ending: this.#ending,
    });
  }

  #stall(stalled: boolean): void {
    if (stalled) this.#setup.change({ type: 'stalled', attempt: 0 });
    // Before the microphone has joined, `connect()` announces the call.
    else if (this.#since !== undefined) this.#announce();
  }

  /** Requests the greeting as a separate response, in quotes, so that the agent says it instead of replying to it. */
  #greet(): void {
    const { greeting } = this.#setup.options;
    if (greeting && this.#isOpen && !this.#transcribes) this.#answering.request({ instructions: `Greet the visitor with exactly these words: "${greeting}"` });
  }

  #receive(event: RealtimeEvent, own = false): void {
    const { conversation, onServerEvent } = this.#setup;
    if (!own) onServerEvent(event);
    if (this.#released) return;
    this.#answering.receive(event);
    this.input.receive(event);
    conversation.apply(event);
    if (event.type === 'session.updated') this.#settings = event;
    this.#transcription?.apply(event);
    this.tools.apply(event);
    this.#answering.show();
    // If an answer was refused because another one was in progress, the transport requests it again.
    if (event.type === 'response.done' || (event.type === 'error' && !refusesAnswer(event))) this.#readError(event);
  }

  #readError(event: RealtimeEvent): void {
    const problem = this.#since === undefined ? undefined : readServerError(event, this.#setup.conversation);
    if (!problem) return;
    if (problem.about) this.#setup.conversation.failLocalUserText(problem.about);
    if (problem.ends) this.#end(problem.error);
    else this.#setup.onError(problem.error);
  }

  #follow({ Transcription }: typeof import('./transcription.js')): void {
    this.#transcription = new Transcription({
      options: this.#setup.options,
      timers: this.#setup.environment,
      send: (event) => {
        try {
          this.transport?.sendEvent(event);
        } catch {
          // The channel is closing: the end of the call is reported shortly.
        }
      },
      level: () => this.levels().input,
      onSpeech: (speaks) => {
        this.#answering.turns.apply({ type: speaks ? 'input_audio_buffer.speech_started' : 'input_audio_buffer.speech_stopped' });
        this.#answering.show();
      },
    });
    if (this.#settings) this.#transcription.apply(this.#settings);
  }

  #end(end: CallEnd): void {
    if (this.#since !== undefined) this.#setup.onEnd(end);
    // `idle`: the call was silent because the microphone prompt is still open.
    else this.cancel(typeof end === 'string' ? new VoiceAgentError(end === 'idle' ? 'mic_dismissed' : 'connection_lost') : end);
  }

  /** `goesOn`: the next connection takes over the state that outlives this one. */
  async #release(goesOn: boolean): Promise<void> {
    const { conversation } = this.#setup;
    this.#abort.abort(new VoiceAgentError('aborted'));
    this.#progress.end();
    const silent = this.sound.release(goesOn);
    this.tools.release();
    this.#transcription?.release();
    this.#connection.release();
    if (this.#since !== undefined) conversation.endCall(goesOn);
    await silent;
  }
}
