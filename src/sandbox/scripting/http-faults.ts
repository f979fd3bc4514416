/** Faults of the HTTP endpoints and of the WebSocket handshake. Owns the faulty responses; the routes own the normal ones. */
import { ApiError } from '../protocol/api-error.js';
import type { ErrorBody } from '../protocol/api-error.js';
import { amount, object, record, text, unchecked } from '../protocol/schema.js';
import { ENDPOINTS, defineFault, milliseconds } from './define-fault.js';
import type { Endpoint, FaultOf } from './define-fault.js';

const WEB_PAGE =
  '<!doctype html><html><head><title>Sign in to the network</title></head><body><h1>Welcome</h1><script>document.title = "run"</script></body></html>';

/** The faults of HTTP endpoints; the last one is only for `calls`. */
export const HTTP_FAULTS = [
  // Responds with a status, for example 429 with `headers: {'retry-after': '7'}`.
  defineFault(
    {
      at: ENDPOINTS,
      name: 'status',
      schema: object(
        {
          /** The HTTP status. */
          status: amount(200, 599, true),
          /** A JSON value, or text to send unchanged; defaults to an error body for the status. */
          body: unchecked<unknown>(),
          headers: record(text()),
        },
        ['status'],
      ),
    },
    async ({ status, body, headers }) => {
      const content = typeof body === 'string' ? body : JSON.stringify(body ?? bodyFor(status));
      const type = typeof body === 'string' ? 'text/plain' : 'application/json';
      return new Response(content, { status, headers: { 'content-type': type, ...headers } });
    },
  ),
  // Handles the request normally after a delay.
  defineFault({ at: ENDPOINTS, name: 'delay', schema: object({ ms: milliseconds }, ['ms']) }, async ({ ms }, request) => {
    await request.wait(ms);
    return request.respond();
  }),
  // Never responds.
  defineFault({ at: ENDPOINTS, name: 'hang', schema: object({}) }, async (_, request) => {
    await request.wait();
    request.disconnect();
    return new Response(null, { status: 503 });
  }),
  // Responds with success and a body that is neither JSON nor SDP.
  defineFault({ at: ENDPOINTS, name: 'garbage', schema: object({ body: text() }) }, async ({ body }, { endpoint }) =>
    success(endpoint, body ?? '}{ \u0000 neither this nor that'),
  ),
  // Responds 200 with a web page.
  defineFault(
    { at: ENDPOINTS, name: 'html', schema: object({ body: text() }) },
    async ({ body }) => new Response(body ?? WEB_PAGE, { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } }),
  ),
  // Responds with success and a valid beginning padded to `bytes`.
  defineFault(
    {
      at: ENDPOINTS,
      name: 'oversize',
      schema: object({
        /** Default 1 MiB. */
        bytes: amount(1, 64 * 1024 * 1024, true),
      }),
    },
    async ({ bytes = 1_048_576 }, { endpoint }) =>
      success(
        endpoint,
        endpoint === 'calls'
          ? `v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=${'x'.repeat(bytes)}\r\n`
          : `{"value":"ek_${'x'.repeat(bytes)}","expires_at":4102444800}`,
      ),
  ),
  // Redirects to another URL.
  defineFault(
    {
      at: ENDPOINTS,
      name: 'redirect',
      schema: object(
        {
          /** The URL. */
          to: text(),
          /** Default 307. */
          status: amount(300, 399, true),
        },
        ['to'],
      ),
    },
    async ({ to, status = 307 }) => new Response(null, { status, headers: { location: to } }),
  ),
  // Closes the connection without a response.
  defineFault({ at: ENDPOINTS, name: 'disconnect', schema: object({}) }, async (_, request) => {
    request.disconnect();
    return new Response(null, { status: 503 });
  }),
  // Omits `Location` from a call's response.
  defineFault({ at: ENDPOINTS, name: 'no-location', schema: object({}) }, async (_, request) => {
    const response = await request.respond();
    response.headers.delete('location');
    return response;
  }),
] as const;

/** Faults of the HTTP endpoints and of the WebSocket handshake. */
export type HttpFault = FaultOf<(typeof HTTP_FAULTS)[number]>;

function success(endpoint: Endpoint, body: string): Response {
  return endpoint === 'calls'
    ? new Response(body, { status: 201, headers: { 'content-type': 'application/sdp' } })
    : new Response(body, { status: 200, headers: { 'content-type': 'application/json' } });
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
