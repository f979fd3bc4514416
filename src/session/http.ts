/**
 * Requests with limits on time, size and retries. Shared by the key and offer requests.
 */
import { VoiceAgentError } from '../contract/errors.js';
import type { Environment } from './environment.js';

/** Milliseconds to wait after a 429 without `Retry-After`. */
const DEFAULT_RETRY_AFTER = 30_000;
/** Maximum bytes of problem details. */
const PROBLEM_SIZE = 8_192;
/** Maximum milliseconds that a server may ask to wait. */
const MAX_RETRY_AFTER = 3_600_000;
/** Milliseconds before the second and third attempt after a 5xx, with jitter. */
const BACKOFF = [300, 1_000];

/** The rate-limit error for a 429 response, with the wait that it asks for. */
export function rateLimited(response: Response): VoiceAgentError {
  return new VoiceAgentError('rate_limited', { retryAfter: retryAfter(response) ?? DEFAULT_RETRY_AFTER });
}

/** Milliseconds that `Retry-After` asks for. */
function retryAfter(response: Response): number | undefined {
  const header = response.headers.get('retry-after') ?? '';
  const seconds = header.trim() === '' ? NaN : Number(header);
  const sent = Date.parse(response.headers.get('date') ?? '');
  // A date is compared with the server's own clock if available, because the visitor's may be wrong.
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - (Number.isNaN(sent) ? Date.now() : sent);
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), MAX_RETRY_AFTER) : undefined;
}

/** Whether a response has problem details (RFC 9457), as the site's own server sends them. */
const isProblem = (response: Response): boolean => /^application\/problem\+json/i.test(response.headers.get('content-type') ?? '');

/** The `code` of problem details, or `''`. Their text is never shown. */
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
 * The error for a rejection by the site's own server, for keys and brokered calls alike. Discards the body.
 * @param otherwise the code for responses that only the site's owner can fix
 */
export async function refusalError(
  response: Response,
  otherwise: 'token_malformed' | 'session_rejected',
  signal: AbortSignal,
): Promise<VoiceAgentError> {
  const { status } = response;
  const code = await problemCode(response, signal);
  if (status === 429) return rateLimited(response);
  if (status === 401) return new VoiceAgentError('token_unauthorized');
  if (status === 403) return new VoiceAgentError(code === 'visitor_denied' ? code : 'origin_denied');
  return new VoiceAgentError(otherwise, { message: `The server returned ${said(status, code)}.` });
}

/**
 * Sends a request, up to three times if the response is a 5xx without explanation and `wanted` is not aborted; `once`: no retries.
 * @throws VoiceAgentError `network` if the server cannot be reached or keeps failing, `unavailable` or `paused` if its response has
 * problem details; the abort reason of `signal`
 */
export async function httpRequest(
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
    // A server that sends an explanation has already retried where that is safe, and it counts each request.
    const pause = once || wait || isProblem(response) ? undefined : BACKOFF[round];
    if (pause === undefined) throw await failed(response, wait, signal);
    discard(response);
    await sleep(environment, pause * (0.5 + environment.random()), wanted);
  }
}

/** The error for a 5xx. If the server sent an explanation, the visitor's network is not the cause. */
async function failed(response: Response, wait: number | undefined, signal: AbortSignal): Promise<VoiceAgentError> {
  const explains = isProblem(response);
  const code = await problemCode(response, signal);
  const details = { message: `The server failed (${said(response.status, code)}).`, ...(explains && wait ? { retryAfter: wait } : {}) };
  return new VoiceAgentError(code === 'paused' ? code : explains ? 'unavailable' : 'network', details);
}

const said = (status: number, code: string): string => (code ? `${status} ${code}` : String(status));

/**
 * The text of a response, read in chunks.
 * @throws VoiceAgentError with the given code if it exceeds `limit` bytes; `network` if the connection breaks
 */
export async function readText(
  response: Response,
  limit: number,
  code: 'token_malformed' | 'sdp_invalid' | 'invalid_request',
  signal: AbortSignal,
): Promise<string> {
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
      if (size > limit) throw new VoiceAgentError(code, { message: 'The response is too large.' });
      text += decoder.decode(value, { stream: true });
    }
  } catch (cause) {
    reader.cancel().catch(() => undefined);
    throw signal.aborted ? (signal.reason as unknown) : VoiceAgentError.from(cause, 'network');
  }
}

/** Discards an unread body, so that the connection is free again. */
export function discard(response: Response): void {
  response.body?.cancel().catch(() => undefined);
}

/** Settles like the promise; rejects with the signal's reason if it is aborted first. */
export function until<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** A signal that follows `outer` and is aborted with `late` after a time limit; `done` clears the limit. */
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

/** Resolves after a delay; rejects with the signal's reason if it is aborted first. */
export function sleep(environment: Environment, milliseconds: number, signal: AbortSignal): Promise<void> {
  let timer: unknown;
  const slept = new Promise<void>((resolve) => {
    timer = environment.setTimeout(resolve, milliseconds);
  });
  return until(slept, signal).finally(() => environment.clearTimeout(timer));
}
