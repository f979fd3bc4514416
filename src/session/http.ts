/**
 * Requests with limits: on time, on size, on repetition. Shared by the key and the offer.
 */
import { VoiceAgentError } from '../contract/errors.js';
import type { Environment } from './environment.js';

/** Milliseconds of waiting after a 429 that names none. */
const DEFAULT_RETRY_AFTER = 30_000;
/** Bytes of problem details. */
const PROBLEM_SIZE = 8_192;
/** Longest wait that a server may ask for. */
const MAX_RETRY_AFTER = 3_600_000;
/** Milliseconds before the second and third try after a 5xx; half of it is chance. */
const BACKOFF = [300, 1_000];

/** The rate-limit error of a 429 answer, with the wait that it asks for. */
export function rateLimited(response: Response): VoiceAgentError {
  return new VoiceAgentError('rate_limited', { retryAfter: retryAfter(response) ?? DEFAULT_RETRY_AFTER });
}

/** Milliseconds that `Retry-After` asks for. */
function retryAfter(response: Response): number | undefined {
  const header = response.headers.get('retry-after') ?? '';
  const seconds = header.trim() === '' ? NaN : Number(header);
  const sent = Date.parse(response.headers.get('date') ?? '');
  // A date is read against the server's own clock where it can be seen, for the visitor's may be wrong.
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - (Number.isNaN(sent) ? Date.now() : sent);
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), MAX_RETRY_AFTER) : undefined;
}

/** Whether an answer is one of problem details (RFC 9457), as the site's own server gives them. */
const isProblem = (response: Response): boolean => /^application\/problem\+json/i.test(response.headers.get('content-type') ?? '');

/** The `code` of problem details, for a decision and for developers; `''` where there is none. Their sentences are never shown. */
async function problemCode(response: Response, signal: AbortSignal): Promise<string> {
  if (!isProblem(response)) {
    discard(response);
    return '';
  }
  try {
    const { code } = JSON.parse(await readText(response, PROBLEM_SIZE, 'invalid_request', signal)) as { code?: unknown };
    return typeof code === 'string' && /^\w{1,64}$/.test(code) ? code : '';
  } catch {
    return '';
  }
}

/**
 * What a refusal by the site's own server means, of keys and of brokered calls alike. Lets go of the body.
 * @param otherwise the code for answers that only the site's owner can put right
 */
export async function refusal(response: Response, otherwise: 'token_malformed' | 'session_rejected', signal: AbortSignal): Promise<VoiceAgentError> {
  const { status } = response;
  const code = await problemCode(response, signal);
  if (status === 429) return rateLimited(response);
  if (status === 401) return new VoiceAgentError('token_unauthorized');
  if (status === 403) return new VoiceAgentError(code === 'visitor_denied' ? code : 'origin_denied');
  return new VoiceAgentError(otherwise, { message: `The server answered ${said(status, code)}.` });
}

/**
 * Sends a request, up to three times while the answer is a 5xx without explanation and somebody still wants it; `once`: never again.
 * @throws VoiceAgentError `network` when the server cannot be reached or stays broken, `unavailable` when it says so by
 * problem details; what `signal` was aborted with
 */
export async function request(
  environment: Environment,
  url: string | URL,
  init: Omit<RequestInit, 'signal'>,
  signal: AbortSignal,
  wanted = signal,
  once = false,
): Promise<Response> {
  for (let round = 0; ; round++) {
    const response = await environment.fetch(url, { ...init, signal }).catch((cause: unknown) => {
      throw signal.aborted ? (signal.reason as unknown) : new VoiceAgentError('network', { cause });
    });
    if (response.status < 500) return response;
    const wait = retryAfter(response);
    // A server that explains itself has tried again where that is safe, and each request counts there.
    const pause = once || wait || isProblem(response) ? undefined : BACKOFF[round];
    if (pause === undefined) throw await failed(response, wait, signal);
    discard(response);
    await sleep(environment, pause * (0.5 + environment.random()), wanted);
  }
}

/** Where the server explains itself, it is not the visitor's network. */
async function failed(response: Response, wait: number | undefined, signal: AbortSignal): Promise<VoiceAgentError> {
  const explains = isProblem(response);
  const message = `The server failed (${said(response.status, await problemCode(response, signal))}).`;
  return new VoiceAgentError(explains ? 'unavailable' : 'network', { message, ...(explains && wait ? { retryAfter: wait } : {}) });
}

const said = (status: number, code: string): string => (code ? `${status} ${code}` : String(status));

/**
 * The text of an answer, read piece by piece.
 * @throws VoiceAgentError of the given code when it is longer than `limit` bytes; `network` when it breaks off
 */
export async function readText(response: Response, limit: number, code: 'token_malformed' | 'sdp_invalid' | 'invalid_request', signal: AbortSignal): Promise<string> {
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

/** Resolves after a time; rejects with the signal's reason. */
export function sleep(environment: Environment, milliseconds: number, signal: AbortSignal): Promise<void> {
  let timer: unknown;
  const slept = new Promise<void>((resolve) => {
    timer = environment.setTimeout(resolve, milliseconds);
  });
  return until(slept, signal).finally(() => environment.clearTimeout(timer));
}
