/**
 * What a browser on another origin may do. The real API refuses request headers that it does not know, which breaks the
 * preflight of clients that add their own; so does the sandbox.
 */

/** Request headers that pass the preflight. */
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

/** Headers for every answer. */
export const CORS_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Location, Retry-After, X-Request-Id',
};

/** The answer to a preflight. */
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
