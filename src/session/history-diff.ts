/**
 * The difference between the server's conversation and the history that a page wants. Loaded on first use.
 *
 * Owns: the validation of the page's items. Does not own: the events that change them (the transport's
 * `resetHistory`).
 */
import type { HistoryItem } from '../contract/call.js';
import { VoiceAgentError } from '../contract/errors.js';
import { toJson } from '../contract/to-json.js';

type Json = Record<string, unknown>;

/** The roles of messages, each with the content type of its text. */
const WORDS: Readonly<Record<string, string>> = { user: 'input_text', system: 'input_text', assistant: 'output_text' };

/** Two histories in the SDK's form; their difference is the change to make. */
export interface HistoryDiff {
  /** The server's current items. */
  readonly before: readonly HistoryItem[];
  readonly after: readonly HistoryItem[];
}

/**
 * Compares the page's history with the server's items.
 * @param roles the server's items: their ids, and the role of those that are messages
 * @param textOf the text of an item in the transcript
 * @throws VoiceAgentError `invalid_request`
 */
export function historyDiff(
  items: readonly HistoryItem[],
  roles: ReadonlyMap<string, unknown>,
  textOf: (id: string) => string | undefined,
): HistoryDiff {
  const before: HistoryItem[] = [];
  const after: HistoryItem[] = [];
  const seen = new Set<string>();
  if (!Array.isArray(items)) throw invalid('The history must be an array.');
  for (const item of items as readonly HistoryItem[]) {
    const { itemId, type = 'message' } = (item ?? {}) as Partial<HistoryItem>;
    if (typeof itemId !== 'string' || itemId === '') throw invalid('Each history item needs an itemId.');
    if (seen.has(itemId)) throw invalid(`The history has ${itemId} twice.`);
    seen.add(itemId);
    const known = roles.has(itemId);
    if (type !== 'message') {
      if (!known) continue;
      before.push(item);
      after.push(item);
      continue;
    }
    const wanted = written(item);
    // Speech without a transcript cannot be recreated.
    if (!known && wanted.content.length === 0) continue;
    const same = known && roles.get(itemId) === wanted.role && (!item.content || wordsOf(wanted).trim() === textOf(itemId)?.trim());
    after.push(wanted);
    if (known) before.push(same ? wanted : { ...wanted, content: [] });
  }
  for (const itemId of roles.keys()) {
    if (!seen.has(itemId)) before.push({ itemId, type: 'message', role: 'user', content: [] });
  }
  return { before, after };
}

/** A message in the form that can be sent: speech becomes its transcript. */
function written({ itemId, role = 'user', status, content = [] }: HistoryItem): HistoryItem & { readonly content: readonly Json[] } {
  const type = WORDS[role];
  if (!type) throw invalid(`Invalid history role: ${toJson(role)}.`);
  const parts = content.flatMap((part): Json[] => {
    const { text, transcript, image, image_url: address } = part;
    const words = text ?? transcript;
    if (typeof words === 'string' && words !== '') return [{ type, text: words }];
    const picture = image ?? address;
    return typeof picture === 'string' && role === 'user' ? [{ type: 'input_image', image_url: picture }] : [];
  });
  return { itemId, type: 'message', role, ...(status === 'incomplete' ? { status } : {}), content: parts };
}

const wordsOf = (item: { readonly content: readonly Json[] }): string =>
  item.content
    .map(({ text }) => text)
    .filter((text) => typeof text === 'string')
    .join('\n');

const invalid = (message: string): VoiceAgentError => new VoiceAgentError('invalid_request', { message });
