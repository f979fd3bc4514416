/**
 * Content types: GA uses `output_text` and `output_audio` instead of the beta's `text` and `audio`, and servers mix both.
 * A part (`response.content_part.*`) has the type `text` or `audio` in both (GA types of `openai` 7.55).
 */
import { fieldsOf, isFields } from './fields.js';
import type { Fields } from './fields.js';

const TO_GA: Readonly<Record<string, string>> = { text: 'output_text', audio: 'output_audio' };
const OF_VISITORS: Readonly<Record<string, string>> = { text: 'input_text', audio: 'input_audio' };
const TO_BETA: Readonly<Record<string, string>> = { output_text: 'text', output_audio: 'audio' };

/** An item with GA content types. */
export const gaContentTypes = (item: unknown): unknown => renamed(item, fieldsOf(item)['role'] === 'assistant' ? TO_GA : OF_VISITORS);

/** An item with beta content types. */
export const betaContentTypes = (item: unknown): unknown => renamed(item, TO_BETA);

/** A content part with the type that both interfaces use. */
export function partContentType(part: unknown): unknown {
  const name = lookUp(TO_BETA, fieldsOf(part)['type']);
  return name === undefined ? part : { ...(part as Fields), type: name };
}

function renamed(item: unknown, names: Readonly<Record<string, string>>): unknown {
  if (!isFields(item) || !Array.isArray(item['content'])) return item;
  const content = (item['content'] as unknown[]).map((part) => {
    const name = lookUp(names, fieldsOf(part)['type']);
    return name === undefined ? part : { ...(part as Fields), type: name };
  });
  return { ...item, content };
}

const lookUp = (names: Readonly<Record<string, string>>, name: unknown): string | undefined =>
  typeof name === 'string' && Object.hasOwn(names, name) ? names[name] : undefined;
