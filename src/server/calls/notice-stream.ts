/**
 * The notices of a call for its page, as `text/event-stream`, from the current state to the end. While the stream is open, it
 * reports the visitor's presence to the call's watcher, in whichever process that runs.
 *
 * A call has one stream: a new one replaces the previous one, in whichever process that is open. A page that lost its connection can
 * therefore reconnect before the server notices the loss.
 *
 * Format: HTML Standard, "Server-sent events" (`data:` lines, comments as keep-alive).
 */
import type { Clock } from '../contract/clock.js';
import type { CallEndReason, CallNotice, SharedState } from '../contract/shared-state.js';
import { randomId } from '../crypto/random-id.js';

/** Dependencies of a notice stream. */
export interface NoticeStreamSetup {
  /** The call's public ID. */
  readonly id: string;
  readonly calls: SharedState['calls'];
  readonly clock: Clock;
  /** Aborted when the visitor left. */
  readonly signal: AbortSignal;
}

/** Milliseconds between heartbeats; three fit into the time that a page may be away. */
const HEARTBEAT = 5_000;

const HEADERS = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-store',
  // Keeps nginx and similar proxies from buffering notices.
  'X-Accel-Buffering': 'no',
};

/** Resolves with the response once it listens for notices. @throws StateUnavailable */
export async function noticeStream({ id, calls, clock, signal }: NoticeStreamSetup): Promise<Response> {
  const text = new TextEncoder();
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  let cancelTimer = (): void => undefined;
  let stopListening = (): void => undefined;
  let open = true;
  const own = randomId(6);
  /** Whether this stream has received its own announcement. */
  let announced = false;

  const reportPresence = (fresh: boolean): void => void calls.tell(id, { type: 'here', fresh, stream: own }).catch(() => undefined);
  const stop = (): void => {
    open = false;
    cancelTimer();
    stopListening();
    signal.removeEventListener('abort', visitorLeft);
  };
  const visitorLeft = (): void => {
    if (!open) return;
    stop();
    // The time that the page may be away starts now.
    reportPresence(false);
    try {
      controller.close();
    } catch {
      // The runtime cancelled the stream at the same time.
    }
  };
  /**
   * All streams of a call receive the announcements in the same order, so exactly the last one stays open: those that receive another
   * announcement after their own are replaced.
   */
  const handleAnnouncement = (stream: string | undefined): void => {
    if (stream === own) announced = true;
    else if (announced && stream !== undefined) {
      stop();
      controller.close();
    }
  };
  const write = (notice: CallNotice): void => {
    if (!open || notice.type === 'active') return;
    if (notice.type === 'here') {
      if (notice.fresh) handleAnnouncement(notice.stream);
      return;
    }
    controller.enqueue(text.encode(`data: ${JSON.stringify(notice)}\n\n`));
    if (notice.type !== 'ended') return;
    stop();
    controller.close();
  };
  const scheduleHeartbeat = (): void => {
    cancelTimer = clock.after(HEARTBEAT, () => {
      controller.enqueue(text.encode(':\n\n'));
      // An announcement that was lost is repeated.
      reportPresence(!announced);
      scheduleHeartbeat();
    });
  };

  const body = new ReadableStream<Uint8Array>({
    start: (created) => void (controller = created),
    cancel: visitorLeft,
  });
  stopListening = await calls.listen(id, write);
  const ended: CallEndReason | undefined = (await calls.find(id))?.ended;
  if (!open) stopListening();
  else if (ended !== undefined) write({ type: 'ended', reason: ended });
  else {
    // Proxies and browsers deliver the headers with the first byte.
    controller.enqueue(text.encode(':\n\n'));
    if (signal.aborted) visitorLeft();
    else {
      signal.addEventListener('abort', visitorLeft, { once: true });
      reportPresence(true);
      scheduleHeartbeat();
    }
  }
  return new Response(body, { headers: HEADERS });
}
