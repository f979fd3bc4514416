/**
 * CORS rules for browsers on other origins. Like the real API, the sandbox rejects unknown request headers, which fails
 * the preflight of clients that add their own.
 */

/** Request headers allowed by the preflight. */
export const ALLOWED_HEADERS = [
  'accept',
  'authorization',
  'content-type',
  'openai-beta',
  'openai-organization',
  'openai-project',
  'openai-safety-identifier',
  'x-openai-agents-sdk',
  'x-stainless-arch',
  'x-stainless-lang',
  'x-stainless-os',
  'x-stainless-package-version',
  'x-stainless-retry-count',
  'x-stainless-runtime',
  'x-stainless-runtime-version',
  'x-stainless-timeout',
];

/** Headers of every response. */
export const CORS_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Location, Retry-After, X-Request-Id',
};

/** Responds to a preflight. */
export function preflight(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...CORS_HEADERS,
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-allow-headers': ALLOWED_HEADERS.join(', '),
      'access-control-max-age': '600',
    },
  });
}
