/** Sends the operator's requests to a running server: over its local socket, or to the URL of its admin port. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { OPERATOR_PATH } from '../operate/operator-routes.js';

/** Where the server is. */
export type OperatorTarget = { /** Path. */ readonly socket: string } | { readonly url: URL; readonly token: string | undefined };

/** The server cannot be reached, or refused the request. The message is for the operator. */
export class OperatorRequestError extends Error {
  override readonly name = 'OperatorRequestError';
  /** The server's problem code; `undefined` without a valid response. */
  readonly code: string | undefined;

  constructor(message: string, code?: string) {
    super(message);
    this.code = code;
  }
}

/** Milliseconds for a response: hanging up all calls may take several attempts. */
const TIMEOUT = 60_000;
const MAX_BYTES = 16_000_000;

/**
 * Sends one request and returns the JSON of its response.
 *
 * @param path below the operator's routes, such as `/calls`
 * @param sent the body, sent as JSON
 * @throws OperatorRequestError
 */
export async function operatorRequest(
  target: OperatorTarget,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  sent?: object,
): Promise<unknown> {
  const { status, text } = await exchange(target, method, path, sent === undefined ? undefined : JSON.stringify(sent));
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new OperatorRequestError(`${nameOf(target)} returned status ${String(status)} without JSON. Is it a voice-agent-server?`);
  }
  if (status < 400) return body;
  const { code, detail, problems } = (body ?? {}) as { code?: unknown; detail?: unknown; problems?: unknown };
  if (Array.isArray(problems))
    throw new OperatorRequestError(`The previous settings stay in use:\n${problems.map((one) => `  ${String(one)}`).join('\n')}`);
  throw new OperatorRequestError(
    typeof detail === 'string' ? detail : `The server returned status ${String(status)}.`,
    typeof code === 'string' ? code : undefined,
  );
}

const nameOf = (target: OperatorTarget): string => ('socket' in target ? target.socket : target.url.origin);

function exchange(
  target: OperatorTarget,
  method: string,
  path: string,
  body: string | undefined,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => reject(unreachable(target, error));
    const headers: Record<string, string> = {
      ...('url' in target && target.token !== undefined && { Authorization: `Bearer ${target.token}` }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    };
    const options = { method, headers, timeout: TIMEOUT };
    const sent =
      'socket' in target
        ? httpRequest({ ...options, socketPath: target.socket, path: OPERATOR_PATH + path })
        : (target.url.protocol === 'https:' ? httpsRequest : httpRequest)(
            new URL(target.url.pathname.replace(/\/(?:admin\/?)?$/, '') + OPERATOR_PATH + path, target.url),
            options,
          );
    sent.on('error', fail);
    sent.on('timeout', () => sent.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
    sent.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('error', fail);
      response.on('data', (piece: string) => {
        text += piece;
        if (text.length > MAX_BYTES) sent.destroy(Object.assign(new Error('too large'), { code: 'EMSGSIZE' }));
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.end(body);
  });
}

function unreachable(target: OperatorTarget, { code = 'unknown' }: NodeJS.ErrnoException): OperatorRequestError {
  if (!('socket' in target)) return new OperatorRequestError(`No server answers at ${target.url.origin} (${code}).`);
  if (code === 'EACCES' || code === 'EPERM')
    return new OperatorRequestError(`Only root and the user that runs the server may use ${target.socket}.`);
  return new OperatorRequestError(
    `No server answers at ${target.socket} (${code}). Run the command in the server's folder, or name the socket with --socket PATH.`,
  );
}
