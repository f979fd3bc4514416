/**
 * Applies HTTP faults to a request. Owns the faulty responses; the routes own the normal ones.
 */
import { ApiError } from '../protocol/api-error.js';
import type { ErrorBody } from '../protocol/api-error.js';
import { Timers } from '../clock.js';
import type { SandboxCore } from '../core/sandbox-core.js';
import type { Endpoint, HttpFault } from '../scripting/script.js';

/** One request, as the faults see it. */
export interface FaultyRequest {
  endpoint: Endpoint;
  scenario: string | undefined;
  /** Aborted when the client disconnects. */
  signal: AbortSignal;
  /** Closes the request's connection. */
  disconnect(): void;
}

const WEB_PAGE =
  '<!doctype html><html><head><title>Sign in to the network</title></head><body><h1>Welcome</h1><script>document.title = "run"</script></body></html>';

/** Applies the scenario's faults to a request; `normal` produces the regular response if no fault replaces it. */
export async function withFaults(core: SandboxCore, request: FaultyRequest, normal: () => Promise<Response>): Promise<Response> {
  const changes: ((response: Response) => Response)[] = [];
  for (const fault of core.scenario(request.scenario).faults.http(request.endpoint)) {
    switch (fault.fault) {
      case 'delay':
        await untilGone(core, request, fault.ms);
        break;
      case 'no-location':
        changes.push((response) => {
          response.headers.delete('location');
          return response;
        });
        break;
      default:
        return brokenAnswer(core, request, fault);
    }
  }
  let response = await normal();
  for (const change of changes) response = change(response);
  return response;
}

async function brokenAnswer(core: SandboxCore, request: FaultyRequest, fault: Exclude<HttpFault, { fault: 'delay' | 'no-location' }>): Promise<Response> {
  const success = request.endpoint === 'calls' ? 201 : 200;
  const kind = request.endpoint === 'calls' ? 'application/sdp' : 'application/json';
  switch (fault.fault) {
    case 'status': {
      const text = typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body ?? bodyFor(fault.status));
      const type = typeof fault.body === 'string' ? 'text/plain' : 'application/json';
      return new Response(text, { status: fault.status, headers: { 'content-type': type, ...fault.headers } });
    }
    case 'garbage':
      return new Response(fault.body ?? '}{ \u0000 neither this nor that', { status: success, headers: { 'content-type': kind } });
    case 'html':
      return new Response(fault.body ?? WEB_PAGE, { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
    case 'oversize': {
      const bytes = fault.bytes ?? 1_048_576;
      const text =
        request.endpoint === 'calls'
          ? `v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=${'x'.repeat(bytes)}\r\n`
          : `{"value":"ek_${'x'.repeat(bytes)}","expires_at":4102444800}`;
      return new Response(text, { status: success, headers: { 'content-type': kind } });
    }
    case 'redirect':
      return new Response(null, { status: fault.status ?? 307, headers: { location: fault.to } });
    case 'hang':
      await untilGone(core, request);
      request.disconnect();
      return new Response(null, { status: 503 });
    case 'disconnect':
      request.disconnect();
      return new Response(null, { status: 503 });
  }
}

/** The API's error body for a status. */
function bodyFor(status: number): ErrorBody {
  const known: Record<number, { message: string; type: string; code: string | null }> = {
    401: { message: 'Incorrect API key provided.', type: 'invalid_request_error', code: 'invalid_api_key' },
    403: { message: 'You are not allowed to use this endpoint.', type: 'invalid_request_error', code: null },
    429: { message: 'Rate limit reached for requests.', type: 'requests', code: 'rate_limit_exceeded' },
  };
  const fallback =
    status >= 500
      ? { message: 'The server had an error while processing your request.', type: 'server_error', code: null }
      : { message: 'The request was refused.', type: 'invalid_request_error', code: null };
  return new ApiError({ status, ...(known[status] ?? fallback) }).body();
}

/** Waits for `ms` or indefinitely, at most until the client disconnects or the sandbox closes. */
async function untilGone(core: SandboxCore, request: FaultyRequest, ms?: number): Promise<void> {
  const gone = AbortSignal.any([request.signal, core.closing.signal]);
  const timers = new Timers(core.clock);
  if (ms !== undefined) await timers.sleep(ms, gone);
  else if (!gone.aborted) {
    await new Promise<void>((resolve) => {
      gone.addEventListener('abort', () => { resolve(); }, { once: true });
    });
  }
}
