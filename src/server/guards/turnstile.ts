/**
 * Visitor check with Cloudflare Turnstile: the page solves a challenge and sends its token as `Authorization: Bearer …`.
 * Filters simple scripts but does not identify visitors, so they are counted by network address.
 *
 * Source: Cloudflare's documentation of `siteverify`: tokens are single-use, valid for 300 s, at most 2048 characters long.
 */
import { VoiceServerOptionsError } from '../options.js';
import { readJson } from '../http/read-json.js';
import { bearerProof } from './bearer-proof.js';
import { VisitorUncheckedError } from '../contract/visitor-check.js';
import type { VisitorCheck, VisitorVerdict } from '../contract/visitor-check.js';

/** Options of `turnstile`. */
export interface TurnstileOptions {
  /** Secret key of the Turnstile widget. */
  readonly secret: string | undefined;
  /** Host names of the pages that may show the challenge. If omitted, those allowed in Cloudflare's dashboard. */
  readonly hostnames?: readonly string[];
  /** Required action of the Turnstile widget. */
  readonly action?: string;
  /** Replaces Cloudflare's URL, for tests and proxies. */
  readonly verifyUrl?: string;
  /** Time limit for Cloudflare's response in milliseconds, default 5000. */
  readonly timeout?: number;
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof fetch;
}

const VERIFY_URL = 'https://challenges.cloudflare.com/turnstile/v0/siteverify';
const MAX_TOKEN = 2048;
const LIFETIME_SECONDS = 300;

/** Error codes caused by the visitor's token. */
const TOKEN_ERROR_CODES = new Set(['missing-input-response', 'invalid-input-response', 'timeout-or-duplicate', 'bad-request']);

/** @throws VoiceServerOptionsError if the secret is missing */
export function turnstile(options: TurnstileOptions): VisitorCheck {
  const { secret, hostnames, action, verifyUrl = VERIFY_URL, timeout = 5_000 } = options;
  if (typeof secret !== 'string' || secret === '') {
    throw new VoiceServerOptionsError('visitor.secret', 'the Turnstile secret key is missing. Is the environment variable set?');
  }

  return async function turnstile(request, context): Promise<VisitorVerdict> {
    const token = bearerProof(request);
    if (token === undefined) return { ok: false, reason: 'no Turnstile token', retry: true };
    if (token.length > MAX_TOKEN) return { ok: false, reason: 'the Turnstile token is too long' };
    const answer = await siteverify(
      { secret, response: token, ...(context.address !== undefined && { remoteip: context.address }) },
      context.signal,
    );
    if (answer.success !== true) {
      const codes = errorCodes(answer['error-codes']);
      // The secret was rejected or Cloudflare failed: not the visitor's fault.
      if (!codes.some((code) => TOKEN_ERROR_CODES.has(code)))
        throw new VisitorUncheckedError(`Turnstile: ${codes.join(', ') || 'no reason given'}`);
      return { ok: false, reason: `Turnstile: ${codes.join(', ')}` };
    }
    if (hostnames && !hostnames.includes(String(answer.hostname))) return { ok: false, reason: 'Turnstile: solved on another host' };
    if (action !== undefined && answer.action !== action) return { ok: false, reason: 'Turnstile: solved for another action' };
    // Cloudflare rejects the second use, too, but a race between its data centers must not allow two calls per challenge.
    if (!(await context.once(`turnstile ${token}`, LIFETIME_SECONDS))) return { ok: false, reason: 'Turnstile: token already used' };
    return { ok: true };
  };

  async function siteverify(fields: Record<string, string>, visitor: AbortSignal): Promise<Answer> {
    const response = await (options.fetch ?? globalThis.fetch)(verifyUrl, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' },
      body: new URLSearchParams(fields).toString(),
      // A redirect could send the secret elsewhere.
      redirect: 'manual',
      signal: AbortSignal.any([visitor, AbortSignal.timeout(timeout)]),
    });
    const answer = await readJson(response);
    if (typeof answer !== 'object' || answer === null || typeof (answer as Answer).success !== 'boolean') {
      throw new VisitorUncheckedError(`Turnstile returned status ${String(response.status)} without a verdict`);
    }
    return answer;
  }
}

interface Answer {
  readonly success?: unknown;
  readonly hostname?: unknown;
  readonly action?: unknown;
  readonly 'error-codes'?: unknown;
}

/** For the owner's log: only values in the format of an error code. */
function errorCodes(codes: unknown): string[] {
  return Array.isArray(codes)
    ? codes.filter((code): code is string => typeof code === 'string' && /^[a-z-]{1,64}$/.test(code)).slice(0, 8)
    : [];
}
