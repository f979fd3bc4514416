/**
 * Requests with limits: on time, on size, on repetition. Shared by the key and the offer.
 */
import { VoiceAgentError } from '../contract/errors.js';
import type { Environment } from './environment.js';

/** Milliseconds of waiting after a 429 that names none. */
const DEFAULT_RETRY_AFTER = 30_000;
/** Longest wait that a server may ask for. */
const MAX_RETRY_AFTER = 3_600_000;
/** Milliseconds before the second and third try after a 5xx; half of it is chance. */
const BACKOFF = [300, 1_000];

/** The rate-limit error of a 429 answer, with the wait that it asks for. */
export function rateLimited(response: Response): VoiceAgentError {
  const header = response.headers.get('retry-after') ?? '';
  const seconds = header.trim() === '' ? NaN : Number(header);
  const sent = Date.parse(response.headers.get('date') ?? '');
  // A date is read against the server's own clock where it can be seen, for the visitor's may be wrong.
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - (Number.isNaN(sent) ? Date.now() : sent);
  const retryAfter = Number.isFinite(wait) ? Math.min(Math.max(wait, 0), MAX_RETRY_AFTER) : DEFAULT_RETRY_AFTER;
  return new VoiceAgentError('rate_limited', { retryAfter });
}

/**
 * Sends a request, up to three times while the answer is a 5xx and somebody still wants it.
 * @throws VoiceAgentError `network` when the server cannot be reached or stays broken; what `signal` was aborted with
 */
export async function request(
  environment: Environment,
  url: string | URL,
  init: Omit<RequestInit, 'signal'>,
  signal: AbortSignal,
  wanted = signal,
): Promise<Response> {
  for (let round = 0; ; round++) {
    const response = await environment.fetch(url, { ...init, signal }).catch((cause: unknown) => {
      throw signal.aborted ? (signal.reason as unknown) : new VoiceAgentError('network', { cause });
    });
    if (response.status < 500) return response;
    discard(response);
    const pause = BACKOFF[round];
    if (pause === undefined) throw new VoiceAgentError('network', { message: `The server failed (${response.status}).` });
    await sleep(environment, pause * (0.5 + environment.random()), wanted);
  }
}

/**
 * The text of an answer, read piece by piece.
 * @throws VoiceAgentError of the given code when it is longer than `limit` bytes; `network` when it breaks off
 */
export async function readText(response: Response, limit: number, code: 'token_malformed' | 'sdp_invalid', signal: AbortSignal): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      size += value.byteLength;
      if (size > limit) throw new VoiceAgentError(code, { message: 'The answer is too long.' });
      text += decoder.decode(value, { stream: true });
    }
  } catch (cause) {
    reader.cancel().catch(() => undefined);
    throw signal.aborted ? (signal.reason as unknown) : VoiceAgentError.from(cause, 'network');
  }
}

/** Lets go of a body nobody reads, so that the connection is free again. */
export function discard(response: Response): void {
  response.body?.cancel().catch(() => undefined);
}

/** Rejects with the signal's reason when it is aborted before the promise settles. */
export function until<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** A signal that follows `outer` and is aborted with `late` after some time; `done` ends the waiting. */
export function withLimit(
  environment: Environment,
  milliseconds: number,
  late: () => VoiceAgentError,
  outer?: AbortSignal,
): { readonly signal: AbortSignal; readonly done: () => void } {
  const controller = new AbortController();
  const follow = (): void => controller.abort(outer?.reason);
  if (outer?.aborted) follow();
  outer?.addEventListener('abort', follow);
  const timer = environment.setTimeout(() => controller.abort(late()), milliseconds);
  return {
    signal: controller.signal,
    done() {
      environment.clearTimeout(timer);
      outer?.removeEventListener('abort', follow);
    },
  };
}

function sleep(environment: Environment, milliseconds: number, signal: AbortSignal): Promise<void> {
  let timer: unknown;
  const slept = new Promise<void>((resolve) => {
    timer = environment.setTimeout(resolve, milliseconds);
  });
  return until(slept, signal).finally(() => environment.clearTimeout(timer));
}
