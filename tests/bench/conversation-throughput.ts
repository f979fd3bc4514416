/**
 * The cost of a streamed word in a long conversation. Measures only the store, on this machine and without a page;
 * rendering a snapshot is measured in the browser.
 */
import { performance } from 'node:perf_hooks';
import { ConversationStore } from '../../src/conversation/index.js';
import type { RealtimeEvent } from '../../src/contract/options.js';

/** Medians over rounds in microseconds, and one ratio that is independent of the machine. */
export interface ConversationFigures {
  /** One text delta applied to a conversation of 10,000 turns, without the frame. */
  readonly perDeltaMicrosAt10k: number;
  /** The same in a conversation of 10 turns. */
  readonly perDeltaMicrosAt10: number;
  /** The cost of the conversation's length: 1 means none. */
  readonly lengthRatio: number;
  /** One frame (a new frozen snapshot and its listeners) at 10,000 turns. */
  readonly perFrameMicrosAt10k: number;
  /** One finished turn (item, text, end) added to a conversation that grows to 10,000, on average. */
  readonly perTurnMicrosTo10k: number;
}

const DELTAS = 2_000;
const FRAMES = 200;
const ROUNDS = 7;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const delta = (text: string): RealtimeEvent => ({
  type: 'response.output_audio_transcript.delta',
  response_id: 'resp_live',
  item_id: 'item_live',
  output_index: 0,
  content_index: 0,
  delta: text,
});

/** A store that updates only on `flush()`, filled with finished turns of both sides. */
function filled(turns: number): { store: ConversationStore; micros: number } {
  const store = new ConversationStore({ schedule: () => () => undefined, now: () => performance.now() });
  store.subscribe(() => undefined);
  const start = performance.now();
  for (let turn = 0; turn < turns; turn += 1) {
    const role = turn % 2 ? 'assistant' : 'user';
    const item = {
      id: `item_${turn}`,
      type: 'message',
      role,
      status: 'completed',
      content: [{ type: role === 'user' ? 'input_text' : 'output_text', text: `Turn ${turn} of a long talk.` }],
    };
    store.apply({ type: 'conversation.item.added', event_id: `event_${turn}`, previous_item_id: turn ? `item_${turn - 1}` : null, item });
  }
  const micros = ((performance.now() - start) * 1_000) / turns;
  store.flush();
  return { store, micros };
}

function perDelta(store: ConversationStore): number {
  const start = performance.now();
  for (let count = 0; count < DELTAS; count += 1) store.apply(delta('word '));
  const micros = ((performance.now() - start) * 1_000) / DELTAS;
  store.flush();
  return micros;
}

function perFrame(store: ConversationStore): number {
  let spent = 0;
  for (let count = 0; count < FRAMES; count += 1) {
    store.apply(delta('word '));
    const start = performance.now();
    store.flush();
    spent += performance.now() - start;
  }
  return (spent * 1_000) / FRAMES;
}

/** Measures the store; takes about a second. */
export function measureConversation(): ConversationFigures {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const long = filled(10_000);
    const short = filled(10);
    return { long: perDelta(long.store), short: perDelta(short.store), frame: perFrame(long.store), turn: long.micros };
  });
  const perDeltaMicrosAt10k = median(rounds.map(({ long }) => long));
  const perDeltaMicrosAt10 = median(rounds.map(({ short }) => short));
  return {
    perDeltaMicrosAt10k,
    perDeltaMicrosAt10,
    lengthRatio: perDeltaMicrosAt10k / perDeltaMicrosAt10,
    perFrameMicrosAt10k: median(rounds.map(({ frame }) => frame)),
    perTurnMicrosTo10k: median(rounds.map(({ turn }) => turn)),
  };
}
