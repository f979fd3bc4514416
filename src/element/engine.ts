/**
 * Creates the element's call and maps its events to the element's events.
 *
 * Owns: the mapping from `CallEvents` to `VoiceAgentEvent`s, the loop that shows the levels while connected.
 * Does not own: the call. Loaded only by `import()`, on the first interaction.
 */
import type { Call, Levels } from '../contract/call.js';
import { VoiceAgentError } from '../contract/errors.js';
import { VoiceAgentEvent } from '../contract/events.js';
import type { VoiceAgentEventDetails, VoiceAgentEventName } from '../contract/events.js';
import type { Message } from '../contract/messages.js';
import type { CallOptions, ConnectOptions } from '../contract/options.js';
import type { CallState, CallStatus } from '../contract/states.js';
import { VoiceSession } from '../session/index.js';
import { REVEAL } from './call-controller.js';
import type { Dictation } from './dictation.js';
import type { CallHost, CallKeeper } from './host.js';
import { endOnRemoval } from './end-on-removal.js';
import { TranscriptionDetailsStore } from './transcription-details.js';

/** Creates the call of an element and keeps the element updated for their lifetime. */
export function startEngine(calls: CallKeeper): Call {
  const { host } = calls;
  const call = new VoiceSession(host.callOptions);
  const dispatch = <K extends VoiceAgentEventName>(type: K, detail: VoiceAgentEventDetails[K]): void => {
    host.dispatchEvent(new VoiceAgentEvent(type, detail));
  };
  const details = new TranscriptionDetailsStore();
  let dictation: Promise<Dictation | undefined> | undefined;
  const dictate = (message: Message): void => void (host.mode === 'transcription' && dictation?.then((field) => field?.hear(message)));
  const reportProblem = (error: VoiceAgentError): void => {
    calls.update({ error });
    dispatch('voice-agent-error', { error });
  };
  calls.beginCall = (isWanted, controls, options) => beginCall(host, call, isWanted, controls, options);
  endOnRemoval(calls);
  let stopLevels: (() => void) | undefined;
  let watching: Promise<() => void> | undefined;
  /** Runs from the connection to the end of the call. */
  const watchControls = (state: CallState): void => {
    if (state === 'connected')
      watching ??= import('./reachable-controls.js').then(
        ({ keepControlsReachable }) => keepControlsReachable(calls),
        () => endOutOfSight(host, call),
      );
    else if (state !== 'reconnecting') {
      void watching?.then((stop) => stop());
      watching = undefined;
    }
  };

  call.on('status', (status) => {
    const before = calls.status;
    calls.update({ status });
    if (before.state !== status.state) {
      if (status.state === 'connecting') calls.update({ error: undefined, callStarts: withNextCall(calls) });
      if (host.for && host.mode === 'transcription') dictation = prepareDictation(host, status, dictation, reportProblem);
      stopLevels?.();
      stopLevels = status.state === 'connected' ? showLevels(host, call) : undefined;
      watchControls(status.state);
      const why = status.state === 'disconnected' ? { reason: status.reason } : {};
      dispatch('voice-agent-state-change', { state: status.state, previous: before.state, ...why });
    }
    const ending = endingOf(status);
    if (ending !== endingOf(before) && ending !== undefined) {
      // Open a minimised panel, so that the end of the call does not come as a surprise.
      if (ending) host.open = true;
      dispatch('voice-agent-ending', { ending });
    }
    // A minimised panel would hide that one side is no longer heard, and the button that fixes it.
    if (!isHeard(status) && isHeard(before)) host.open = true;
    const activity = activityOf(status);
    if (activity && activity !== activityOf(before)) {
      dispatch('voice-agent-activity-change', { activity, previous: activityOf(before) });
    }
  });
  if (host.muted) call.mute(true);
  call.on('mute', (muted) => (host.muted = muted));
  call.on('conversation', (conversation) =>
    calls.update({ conversation, callStarts: callStartsWithin(calls.callStarts, conversation.items.length) }),
  );
  call.on('message', (message) => {
    // A problem is shown until an answer proves it resolved; a transcription has no answers.
    if (message.status !== 'failed' && (message.role === 'assistant' || host.mode === 'transcription')) calls.update({ error: undefined });
    dictate(message);
    dispatch('voice-agent-message', { message, ...details.take(message.id) });
  });
  call.on('message-revised', ({ message, previous }) => {
    dispatch('voice-agent-message-revised', { message, previous, ...details.take(message.id) });
  });
  call.on('transcript', (message) => {
    dictate(message);
    dispatch('voice-agent-transcript', { message, ...details.of(message.id) });
  });
  call.on('tool-start', (tool) => dispatch('voice-agent-tool-start', { call: tool }));
  call.on('tool-end', (detail) => dispatch('voice-agent-tool-end', detail));
  // Approvals that the page handles itself.
  const handledByPage = new Set<string>();
  call.on('approval-request', (request) => {
    if (!host.dispatchEvent(new VoiceAgentEvent('voice-agent-approval-request', request, true))) handledByPage.add(request.approval.id);
  });
  call.on('approvals', (open) => {
    const approvals = open.filter(({ id }) => !handledByPage.has(id));
    if (approvals.length > 0) {
      import('../views/approval.js').then(
        ({ defineApprovalView }) => defineApprovalView(),
        (cause: unknown) => reportProblem(new VoiceAgentError('load_failed', { cause })),
      );
      // Show the request, but do not move the focus: the visitor may be typing elsewhere.
      host.open = true;
    }
    calls.update({ approvals });
  });
  call.on('server-event', (event) => {
    details.note(event);
    dispatch('voice-agent-server-event', { event });
  });
  call.on('error', (error) => {
    // The microphone's state is part of the status.
    const { status } = calls;
    calls.update({ error: status.state === 'connected' && status.microphone !== 'lost' ? error : undefined });
    dispatch('voice-agent-error', { error });
  });
  return call;
}

/** Loads the dictation code while the call is connecting; once connected, reports problems with the field. */
function prepareDictation(
  host: CallHost,
  { state }: CallStatus,
  known: Promise<Dictation | undefined> | undefined,
  reportProblem: (error: VoiceAgentError) => void,
) {
  const coming =
    known ??
    import('./dictation.js')
      .then(({ Dictation }) => new Dictation(host, reportProblem))
      .catch((cause: unknown) => {
        reportProblem(new VoiceAgentError('load_failed', { message: 'The dictation code failed to load.', cause }));
        return undefined;
      });
  if (state === 'connected') void coming.then((dictation) => dictation?.check());
  return coming;
}

/** Connects with the settings from `voice-agent-before-connect`; rejects with `aborted` if the page cancels it or closes meanwhile. */
async function beginCall(
  host: CallHost,
  call: VoiceSession,
  isWanted: () => boolean,
  controls: Promise<void>,
  options?: ConnectOptions,
): Promise<void> {
  const config = await announce(host);
  if (!config || !isWanted()) throw new VoiceAgentError('aborted');
  call.configure(config);
  const connected = call.connect(options, controls);
  // The card has no call controls; the floating launcher shows an active call and opens the panel. The offer is sent first.
  if (host.placement === 'inline') setTimeout(() => (host.open = true), REVEAL);
  await connected;
}

/** Fires `voice-agent-before-connect`. @returns the settings to use, or `undefined` if the page cancelled it */
async function announce(host: CallHost): Promise<CallOptions | undefined> {
  // Properties that the page set before this script ran arrive with the first update.
  if (host.isConnected && !host.hasUpdated) await host.updateComplete;
  const waits: Promise<unknown>[] = [];
  const detail = { config: host.callOptions, waitUntil: (promise: Promise<unknown>) => void waits.push(promise) };
  if (!host.dispatchEvent(new VoiceAgentEvent('voice-agent-before-connect', detail, true))) return undefined;
  await Promise.all(waits);
  return detail.config;
}

/** Fallback if the controls' code failed to load: ends the call when the page hides the widget. A floating host has no box, its views do. */
function endOutOfSight(host: CallHost, call: Call): () => void {
  const views = () => [...host.renderRoot.querySelectorAll('voice-agent-launcher, voice-agent-panel')];
  const observer = new IntersectionObserver(() => views().some((view) => view.checkVisibility()) || void call.close());
  const hostUpdated = (): void => views().forEach((view) => observer.observe(view));
  const controller = { hostUpdated };
  host.addController(controller);
  hostUpdated();
  return () => {
    host.removeController(controller);
    observer.disconnect();
  };
}

/** A further call starts after the existing items. */
const withNextCall = ({ callStarts, conversation: { items } }: CallKeeper): readonly number[] =>
  items.length === 0 || callStarts.includes(items.length) ? callStarts : [...callStarts, items.length];

/** Drops the starts of cleared turns; returns the same array if nothing was cleared. */
const callStartsWithin = (callStarts: readonly number[], length: number): readonly number[] =>
  callStarts.every((start) => start <= length) ? callStarts : callStarts.filter((start) => start <= length);

const endingOf = (status: CallStatus) => (status.state === 'connected' ? status.ending : undefined);
const isHeard = (status: CallStatus) => status.state !== 'connected' || (!status.soundBlocked && !status.microphoneChange?.error);
const activityOf = (status: CallStatus) => (status.state === 'connected' ? status.activity : undefined);

/**
 * Milliseconds between two updates of the levels. Each visible change makes the browser render a frame on the main thread, which costs
 * more than the rest of a call.
 */
const PACE = 75;
/** Smoothing per update towards a louder and a quieter value: fast rise, slow fall. */
const RISE = 0.8;
const FALL = 0.4;
/** Number of visible steps, each about 3 pixels of a meter. Smaller changes render no frame. */
const STEPS = 32;

/**
 * Shows the levels without Lit updates: the views move single elements on their own layers. No CSS variable is used, because it would
 * invalidate the style of all elements that inherit it.
 * @returns a function that ends the loop
 */
function showLevels(host: CallHost, call: Call): () => void {
  let [input, output] = [0, 0];
  let timer: ReturnType<typeof setInterval> | undefined;
  let views: (HTMLElement & { show?(levels: Levels): void })[] = [];
  let shown: Levels = { input, output };
  let stream = host.mediaStream;
  const towards = (level: number, target: number): number => level + (target - level) * (target > level ? RISE : FALL);
  const inSteps = (level: number): number => Math.round(level * STEPS) / STEPS;
  const show = (): void => {
    for (const view of views) view.show?.(shown);
  };
  const look = (): void => {
    const levels = call.levels();
    input = towards(input, levels.input);
    output = towards(output, levels.output);
    const next = { input: inSteps(input), output: inSteps(output) };
    if (next.input === shown.input && next.output === shown.output) return;
    shown = next;
    show();
  };
  // No timer runs while nothing is visible.
  const hostUpdated = (): void => {
    if (host.mediaStream !== stream) {
      stream = host.mediaStream;
      call.configure(host.callOptions);
    }
    views = [...host.renderRoot.querySelectorAll<(typeof views)[number]>('voice-agent-visualizer, voice-agent-controls')];
    const seen = views.length > 0 && !document.hidden;
    if (seen === (timer !== undefined)) return;
    clearInterval(timer);
    // No frame callback: requesting one makes the browser render, even if nothing changed.
    timer = seen ? setInterval(look, PACE) : undefined;
    show();
  };
  const controller = { hostUpdated };
  host.addController(controller);
  document.addEventListener('visibilitychange', hostUpdated);
  hostUpdated();
  return () => {
    host.removeController(controller);
    document.removeEventListener('visibilitychange', hostUpdated);
    clearInterval(timer);
    shown = { input: 0, output: 0 };
    show();
  };
}
