/**
 * Shared by the tests of the sandbox's peer: a visitor, the peer that answers its offer over loopback, and a record of
 * the peer's events. Both are closed after each test, which also fails on unhandled rejections.
 */
import { afterEach, beforeEach, expect } from 'vitest';
import { createOpusDecoder } from '../../../src/sandbox/media/opus.js';
import { createWeriftPeers } from '../../../src/sandbox/media/werift-peer.js';
import type { WeriftPeer, WeriftPeerOptions } from '../../../src/sandbox/media/werift-peer.js';
import type { PeerEvents } from '../../../src/sandbox/media/peer.js';
import { joined } from './signals.js';
import { createVisitor } from './visitor.js';
import type { Visitor, VisitorOptions } from './visitor.js';

/** A visitor, the peer, and the events that the peer reported. */
export interface Call {
  readonly visitor: Visitor;
  readonly peer: WeriftPeer;
  readonly messages: (string | undefined)[];
  readonly audio: Int16Array[];
  /** Frames still to be played; silence when empty. */
  readonly queue: Int16Array[];
  readonly closes: () => number;
  readonly asked: () => number;
  /** Resolves with the next call of the event. */
  next(event: 'message' | 'audio' | 'frame' | 'close'): Promise<void>;
}

const rejections: unknown[] = [];
const noteRejection = (reason: unknown): void => {
  rejections.push(reason);
};

const open: { close(): Promise<void> }[] = [];

/** Closes it after the test. */
export function closing<T extends { close(): Promise<void> }>(one: T): T {
  open.push(one);
  return one;
}

/** Peer events without listeners. */
export const UNHEARD: PeerEvents = {
  onOpen: () => undefined,
  onMessage: () => undefined,
  onAudio: () => undefined,
  nextFrame: () => undefined,
  onClose: () => undefined,
};

/** A call whose answer has not been passed to the visitor yet. */
export async function call(visitorOptions: VisitorOptions = {}, options: WeriftPeerOptions = {}): Promise<Call> {
  const visitor = closing(await createVisitor(visitorOptions));
  const waiters = new Map<string, (() => void)[]>();
  const fire = (event: string): void => {
    for (const resolve of waiters.get(event)?.splice(0) ?? []) {
      resolve();
    }
  };
  const messages: (string | undefined)[] = [];
  const audio: Int16Array[] = [];
  const queue: Int16Array[] = [];
  let closes = 0;
  let asked = 0;
  const peer = await createWeriftPeers(options)(visitor.offer, {
    onOpen: () => {
      fire('open');
    },
    onMessage: (text) => {
      messages.push(text);
      fire('message');
    },
    onAudio: (frame) => {
      audio.push(frame);
      fire('audio');
    },
    nextFrame: () => {
      asked += 1;
      fire('frame');
      return queue.shift();
    },
    onClose: () => {
      closes += 1;
      fire('close');
    },
  });
  open.push(peer);
  const next = (event: string): Promise<void> =>
    new Promise((resolve) => {
      waiters.set(event, [...(waiters.get(event) ?? []), resolve]);
    });
  return { visitor, peer, messages, audio, queue, closes: () => closes, asked: () => asked, next };
}

/** A call with an open channel. */
export async function connected(visitorOptions: VisitorOptions = {}, options: WeriftPeerOptions = {}): Promise<Call> {
  const made = await call(visitorOptions, options);
  await made.visitor.accept(made.peer.answer);
  await made.visitor.reached('open');
  return made;
}

/** The decoded audio of the packets that the visitor received. */
export async function decoded(visitor: Visitor, from: number, to: number): Promise<Int16Array> {
  const decoder = await createOpusDecoder();
  try {
    return joined(...visitor.packets.slice(from, to).map((packet) => decoder.decode(packet.payload) ?? new Int16Array(0)));
  } finally {
    decoder.free();
  }
}

/** Number of resources of a kind that keep the process alive. */
export function handles(kind: string): number {
  return process.getActiveResourcesInfo().filter((name) => name === kind).length;
}

beforeEach(() => {
  rejections.length = 0;
  process.on('unhandledRejection', noteRejection);
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  process.off('unhandledRejection', noteRejection);
  expect(rejections).toEqual([]);
});
