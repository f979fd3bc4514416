/** Audio of the WebSocket transport: the agent's voice, truncated at what was heard, and the visitor's voice. */
import { describe, expect, test, vi } from 'vitest';
import type { RealtimeEvent } from '../../../src/contract/options.js';
import { CREATED, answer, call, delta, dialled, done, live } from './websocket-call.js';

describe('the agent’s voice', () => {
  test('playback is reported with synthesized server events', async () => {
    const { socket, audio, own } = await live();
    socket.say(answer('r1'));
    socket.say(delta('r1'));
    socket.say(delta('r1'));
    expect(audio.played).toHaveLength(2);
    audio.setup.onStarted('r1');
    socket.say(done('r1'));
    expect(audio.finished).toEqual(['r1']);
    audio.setup.onStopped('r1');
    expect(own()).toEqual(['output_audio_buffer.started r1', 'output_audio_buffer.stopped r1']);
  });

  test('clear is handled locally: items are truncated at what was heard, in whole milliseconds, and late audio is dropped', async () => {
    const { transport, socket, audio, own } = await live();
    socket.say(answer('r1'));
    socket.say(delta('r1'));
    audio.setup.onStarted('r1');
    audio.heard = [
      { responseId: 'r1', itemId: 'i1', contentIndex: 0, milliseconds: 1_234.9 },
      { responseId: 'r1', itemId: 'i2', contentIndex: 1, milliseconds: 0 },
    ];
    transport.sendEvent({ type: 'response.cancel' });
    transport.sendEvent({ type: 'output_audio_buffer.clear' });
    expect(socket.sent).toEqual([
      { type: 'response.cancel' },
      { type: 'conversation.item.truncate', item_id: 'i1', content_index: 0, audio_end_ms: 1_234 },
      { type: 'conversation.item.truncate', item_id: 'i2', content_index: 1, audio_end_ms: 0 },
    ]);
    expect(own()).toEqual(['output_audio_buffer.started r1', 'output_audio_buffer.cleared r1']);
    const known = audio.played.length;
    socket.say(delta('r1'));
    socket.say(done('r1', 'cancelled'));
    expect(audio.played).toHaveLength(known);
    audio.heard = [];
    socket.say(answer('r2'));
    socket.say(delta('r2', 'i3'));
    expect(audio.played.at(-1)?.responseId).toBe('r2');
  });

  test('a response whose received audio was fully played also ends when it is cut', async () => {
    const { transport, socket, audio, own } = await live();
    socket.say(answer('r1'));
    socket.say(delta('r1'));
    audio.setup.onStarted('r1');
    transport.sendEvent({ type: 'output_audio_buffer.clear' });
    expect(own()).toEqual(['output_audio_buffer.started r1', 'output_audio_buffer.cleared r1']);
    expect(socket.types()).toEqual([]);
  });

  test('an out-of-band response does not unblock audio of a cut response', async () => {
    const { transport, socket, audio } = await live();
    socket.say({ type: 'response.created', response: { id: 'r1', status: 'in_progress', output: [], conversation_id: 'conv' } });
    socket.say({ type: 'response.created', response: { id: 'aside', status: 'in_progress', output: [], conversation_id: null } });
    socket.say(done('aside'));
    transport.sendEvent({ type: 'output_audio_buffer.clear' });
    socket.say(delta('r1'));
    expect(audio.played).toEqual([]);
  });

  test('the next response ends the audio of one whose end was lost', async () => {
    const { socket, audio } = await live();
    socket.say(answer('r1'));
    socket.say(delta('r1'));
    socket.say(answer('r2'));
    expect(audio.finished).toEqual(['r1']);
  });

  test('a rejected request is sent again when the other response is done', async () => {
    const { transport, socket } = await live();
    transport.requestResponse({ instructions: 'Go on.' });
    socket.say(answer('r1'));
    socket.say({
      type: 'error',
      error: { type: 'invalid_request_error', code: 'conversation_already_has_active_response', message: 'Busy: r1.' },
    });
    expect(socket.types()).toEqual(['response.create']);
    socket.say(done('r1'));
    expect(socket.sent).toMatchObject([{ response: { instructions: 'Go on.' } }, { response: { instructions: 'Go on.' } }]);
  });

  test('the visitor’s voice interrupts only if the session allows it', async () => {
    const { socket, audio } = await live();
    const speech = { type: 'input_audio_buffer.speech_started', item_id: 'u1', audio_start_ms: 0 };
    const setting = (interrupt_response: boolean): RealtimeEvent => ({
      type: 'session.updated',
      session: { type: 'realtime', audio: { input: { turn_detection: { type: 'server_vad', interrupt_response } } } },
    });
    socket.say(setting(false));
    socket.say(answer('r1'));
    socket.say(delta('r1'));
    socket.say(speech);
    expect(audio.cuts).toBe(0);
    socket.say(setting(true));
    audio.heard = [{ responseId: 'r1', itemId: 'i1', contentIndex: 0, milliseconds: 20 }];
    socket.say(speech);
    expect(audio.cuts).toBe(1);
    // The server cancels by itself, and the SDK's own time-based truncation never happens.
    expect(socket.types()).toEqual(['conversation.item.truncate']);
  });

  test('the SDK’s audio events are emitted for pages that play them themselves', async () => {
    const { transport, socket, audio } = await live();
    const heard = vi.fn();
    const interrupted = vi.fn();
    transport.on('audio', heard);
    transport.on('audio_interrupted', interrupted);
    transport.sendEvent({ type: 'output_audio_buffer.clear' });
    expect(interrupted, 'nothing to interrupt').not.toHaveBeenCalled();
    socket.say(answer('r1'));
    socket.say(delta('r1'));
    expect(heard).toHaveBeenCalledWith(expect.objectContaining({ responseId: 'r1' }));
    audio.heard = [{ responseId: 'r1', itemId: 'i1', contentIndex: 0, milliseconds: 5 }];
    socket.say({ type: 'input_audio_buffer.speech_started', item_id: 'u1', audio_start_ms: 0 });
    expect(interrupted).toHaveBeenCalledTimes(1);
    expect(socket.types()).toEqual(['conversation.item.truncate']);
  });

  test('invalid base64 is dropped and counted', async () => {
    const { transport, socket, audio } = await live();
    socket.say(answer('r1'));
    socket.say(delta('r1', 'i1', '!'));
    socket.sayRaw('no json');
    socket.sayRaw(new ArrayBuffer(4));
    expect(audio.played).toEqual([]);
    expect(transport.dropped).toBe(3);
    expect(transport.status).toBe('connected');
  });
});

describe('the visitor’s voice', () => {
  const piece = () => new Uint8Array(960).fill(7).buffer;

  /** A live call whose network has delayed an audio chunk for a second. */
  async function clogged() {
    const made = await live();
    made.socket.bufferedAmount = 140_000;
    made.audio.setup.onCaptured(piece());
    made.time.advance(1_000);
    return made;
  }

  test('chunks are appended; muted ones are silent and of the same length', async () => {
    const { socket, audio, voice, transport } = await live();
    audio.setup.onCaptured(piece());
    voice.muted = true;
    audio.setup.onCaptured(piece());
    expect(transport.muted).toBe(true);
    const [spoken, silent] = socket.sent.map((event) => atob(String(event['audio'])));
    expect(socket.types()).toEqual(['input_audio_buffer.append', 'input_audio_buffer.append']);
    expect(spoken).toBe('\x07'.repeat(960));
    expect(silent).toBe('\0'.repeat(960));
  });

  test('no audio is sent before the settings are confirmed', async () => {
    const { transport, sounds } = call();
    transport.connect().catch(() => undefined);
    const socket = await dialled();
    socket.open();
    socket.say(CREATED);
    await vi.waitFor(() => expect(sounds).toHaveLength(1), { timeout: 10_000 });
    sounds[0]?.setup.onCaptured(piece());
    expect(socket.types()).toEqual(['session.update']);
  });

  test('mute() and interrupt() of the transport are delegated to the call', async () => {
    const { transport, asked } = await live();
    transport.mute(true);
    transport.interrupt();
    expect(asked.slice(-2)).toEqual(['mute true', 'interrupt']);
  });

  test('sendAudio() supports commit, and throws before the call is live', async () => {
    const before = call();
    expect(() => before.transport.sendAudio(piece())).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    const { transport, socket } = await live();
    transport.sendAudio(piece(), { commit: true });
    expect(socket.types()).toEqual(['input_audio_buffer.append', 'input_audio_buffer.commit']);
  });

  test('on a slow network, late chunks are dropped, and the stall and its end are reported', async () => {
    const { transport, socket, audio, stalls, time, ends } = await live();
    socket.bufferedAmount = 300_000;
    audio.setup.onCaptured(piece());
    expect(socket.sent).toEqual([]);
    expect(transport.dropped).toBe(1);
    expect(stalls, 'not reported immediately').toEqual([]);
    time.advance(1_000);
    expect(stalls).toEqual([true]);
    // Bytes are sent, however slowly, so the call is not lost.
    for (let left = 290_000; left > 200_000; left -= 30_000) {
      socket.bufferedAmount = left;
      time.advance(20_000);
    }
    expect(ends).toEqual([]);
    socket.bufferedAmount = 0;
    audio.setup.onCaptured(piece());
    expect(stalls).toEqual([true, false]);
    expect(socket.types()).toEqual(['input_audio_buffer.append']);
    expect(time.pending).toBe(0);
  });

  test('a network that accepts no more data is a lost connection', async () => {
    const { transport, time, ends } = await clogged();
    time.advance(20_000);
    expect(ends).toEqual([expect.objectContaining({ code: 'connection_lost' })]);
    expect(transport.status).toBe('disconnected');
    expect(time.pending).toBe(0);
  });

  test('a buffer that drained without microphone audio is not a loss', async () => {
    const { socket, time, ends, stalls } = await clogged();
    socket.bufferedAmount = 0;
    time.advance(60_000);
    expect(stalls).toEqual([true, false]);
    expect(ends).toEqual([]);
  });
});
