/**
 * Converts any tool result to text: at most 16 KB, well-formed, in bounded time. Strings are kept, other values become JSON;
 * values without a JSON form are described instead of silently becoming `{}`.
 *
 * Owns: that no result can break the call or the page. Does not own: sending the text.
 */
import { inheritsToJson, toJson } from '../contract/to-json.js';

/** Maximum bytes of an output. */
const OUTPUT_SIZE = 16_384;
const CUT_MARK = '…[cut]';
/** Maximum nesting depth. */
const DEPTH = 40;

/** Reads the content of a `fetch()` response or a text file; returns other values unchanged. Rejects if reading fails. */
export async function resolveToolResult(result: unknown): Promise<unknown> {
  if (typeof Blob === 'function' && result instanceof Blob && /^text\/|[/+]json\b/.test(result.type)) {
    return result.slice(0, OUTPUT_SIZE + 4).text();
  }
  if (typeof Response !== 'function' || !(result instanceof Response)) return result;
  const body = await beginning(result);
  return result.ok ? body : { status: result.status, body };
}

/** The result as text. Never throws. */
export function toOutput(value: unknown): string {
  const text = typeof value === 'string' ? wellFormed(value) : ((toJson(new Writer().write(value, [])) as string | undefined) ?? '');
  if (text.length * 3 <= OUTPUT_SIZE) return text;
  const bytes = new Uint8Array(OUTPUT_SIZE);
  // A UTF-16 unit takes at least one byte, so at most this many fit.
  const { read } = new TextEncoder().encodeInto(text.slice(0, OUTPUT_SIZE), bytes);
  if (read === text.length) return text;
  const room = bytes.subarray(0, OUTPUT_SIZE - new TextEncoder().encode(CUT_MARK).length);
  return text.slice(0, new TextEncoder().encodeInto(text.slice(0, OUTPUT_SIZE), room).read) + CUT_MARK;
}

/** As much of a response's text as fits; the rest is not read. */
async function beginning(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (let size = 0; reader && size <= OUTPUT_SIZE;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.length;
    text += decoder.decode(value, { stream: true });
  }
  reader?.cancel().catch(() => undefined);
  return text;
}

/** Replaces lone surrogates, which have no UTF-8 form: some servers reject the whole event. Only the part that is sent is scanned. */
const wellFormed = (text: string): string => {
  const sent = text.length > OUTPUT_SIZE + 1 ? text.slice(0, OUTPUT_SIZE + 1) : text;
  return sent.replace(/\p{Surrogate}/gu, '\uFFFD');
};

/** Copies a value to plain JSON values; stops once the size limit is exceeded. */
class Writer {
  #spent = 0;

  write(value: unknown, path: readonly unknown[]): unknown {
    this.#spent += 1;
    switch (typeof value) {
      case 'string':
        this.#spent += value.length;
        return wellFormed(value);
      case 'bigint':
        return String(value).slice(0, OUTPUT_SIZE);
      case 'number':
      case 'boolean':
        return value;
      case 'object':
        break;
      default:
        return undefined;
    }
    if (value === null) return null;
    if (path.includes(value)) return '[circular]';
    if (path.length >= DEPTH) return '[nested too deep]';
    try {
      return this.#writeObject(value, [...path, value]);
    } catch {
      // A getter, proxy or `toJSON` of the page threw.
      return '[unreadable]';
    }
  }

  #writeObject(value: object, path: readonly unknown[]): unknown {
    const named = name(value);
    if (named !== undefined) return named;
    if ('toJSON' in value && typeof value.toJSON === 'function' && !inheritsToJson(value))
      return this.write((value.toJSON as () => unknown)(), path);
    if (value instanceof String || value instanceof Number || value instanceof Boolean) return this.write(value.valueOf(), path);
    if (value instanceof Map && [...value.keys()].every((key) => typeof key === 'string'))
      return this.#writeFields(value as Map<string, unknown>, path);
    if (Symbol.iterator in value) return this.#writeList(value as Iterable<unknown>, path);
    return this.#writeFields(fields(value), path);
  }

  #writeList(list: Iterable<unknown>, path: readonly unknown[]): unknown[] {
    const written: unknown[] = [];
    for (const entry of list) {
      if (this.#spent > OUTPUT_SIZE) break;
      written.push(this.write(entry, path) ?? null);
    }
    return written;
  }

  #writeFields(entries: Iterable<readonly [string, unknown]>, path: readonly unknown[]): object {
    // Without a prototype, because a field may be named `__proto__`.
    const written = Object.create(null) as Record<string, unknown>;
    for (const [key, field] of entries) {
      if (this.#spent > OUTPUT_SIZE) break;
      this.#spent += key.length;
      written[wellFormed(key)] = this.write(field, path);
    }
    return written;
  }
}

/** Own fields in order; an unreadable field does not affect the others. */
function* fields(value: object): Iterable<readonly [string, unknown]> {
  for (const key of Object.keys(value)) {
    let field: unknown;
    try {
      field = (value as Record<string, unknown>)[key];
    } catch {
      field = '[unreadable]';
    }
    yield [key, field];
  }
}

/** The description of a value without a JSON form. */
function name(value: object): string | undefined {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return `[binary, ${value.byteLength} bytes]`;
  const { Blob, Node, Response, Window } = globalThis as Partial<typeof globalThis>;
  if (Blob && value instanceof Blob) return `[${value.type || 'binary'}, ${value.size} bytes]`;
  if (Node && value instanceof Node) return value.textContent?.trim() || `[${value.nodeName.toLowerCase()}]`;
  if (Response && value instanceof Response) return `[response ${value.status}]`;
  if (Window && value instanceof Window) return '[window]';
  return undefined;
}
