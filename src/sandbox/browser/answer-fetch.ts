/**
 * Answers the page's requests to one address without a network: replaces `fetch` while at least one address is answered.
 *
 * Owns: the replacement and its removal. Does not own: the answers.
 */

/** Answers a request; rejects like `fetch` if it fails. */
export type AnswerRequest = (request: Request) => Promise<Response>;

/** The answered roots, each an absolute URL without a trailing slash. */
const answers = new Map<string, AnswerRequest>();
/** Our replacement, and the function that it replaced. */
let installed: { readonly replacement: typeof fetch; readonly original: typeof fetch } | undefined;

/**
 * Answers all requests below this root. Returns a function that stops it; when no root is left, the original `fetch` is restored,
 * unless other code has replaced it in the meantime: then our replacement only passes requests on.
 */
export function answerFetch(root: string, answer: AnswerRequest): () => void {
  answers.set(root, answer);
  if (installed === undefined || globalThis.fetch !== installed.replacement) {
    const original = globalThis.fetch;
    const replacement: typeof fetch = (input, init) => answerRequest(original, input, init);
    installed = { replacement, original };
    globalThis.fetch = replacement;
  }
  return () => {
    answers.delete(root);
    if (answers.size > 0 || installed === undefined) return;
    if (globalThis.fetch === installed.replacement) globalThis.fetch = installed.original;
    installed = undefined;
  };
}

async function answerRequest(original: typeof fetch, input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const url = new URL(input instanceof Request ? input.url : input, document.baseURI).href;
  const [, answer] = [...answers].find(([root]) => url.startsWith(`${root}/`)) ?? [];
  if (answer === undefined) return original.call(globalThis, input, init);
  const request = new Request(input instanceof Request ? input : url, init);
  const response = await answer(request);
  const location = response.headers.get('location');
  if (response.status < 300 || response.status > 399 || location === null || request.redirect === 'manual') return response;
  if (request.redirect === 'error') throw new TypeError('Failed to fetch: the sandbox redirects.');
  const followed = await fetch(new URL(location, url), init);
  return Object.defineProperty(followed, 'redirected', { value: true });
}
