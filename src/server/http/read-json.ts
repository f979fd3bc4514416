/** Reads the bodies of responses, up to a limited size. */

const MAX_RESPONSE_BYTES = 65_536;

/** The body as JSON; `undefined` for anything else (a proxy's HTML, a body that is too large or empty). */
export async function readJson(response: Response): Promise<unknown> {
  const text = await readText(response);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

/** The body as text; `undefined` if there is none or it exceeds 64 KiB. */
export async function readText(response: Response): Promise<string | undefined> {
  if (!response.body) return undefined;
  const { headers } = response;
  // A body without encoding cannot be longer than declared; `text()` costs less than reading the stream.
  if (!headers.has('Content-Encoding') && Number(headers.get('Content-Length') ?? Infinity) <= MAX_RESPONSE_BYTES) return response.text();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (let size = 0; ;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > MAX_RESPONSE_BYTES) {
      reader.cancel().catch(() => undefined);
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}
