/**
 * Records and checks the sandbox's side of every end-to-end test: each event that it sent must have the fields that the
 * protocol requires; otherwise the test would prove something about a server that does not exist.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RecordedEvent, SandboxCall } from '../../src/sandbox/index.js';
import required from './realtime-required-fields.json' with { type: 'json' };

const FOLDER = fileURLToPath(new URL('../../test-results/sessions/', import.meta.url));
const FIELDS: Readonly<Record<string, readonly string[]>> = required;

/** Log entries that are not events: raw text or bytes sent by a fault, and messages that the client could not receive. */
const NO_EVENTS: ReadonlySet<string> = new Set(['invalid', 'undeliverable']);

/** Writes one JSON Lines file per call, with both directions. */
export function writeSessions(name: string, calls: readonly SandboxCall[]): void {
  mkdirSync(FOLDER, { recursive: true });
  calls.forEach((call, index) => {
    const lines = call.events.map((entry) => JSON.stringify(entry));
    writeFileSync(`${FOLDER}${name.replace(/[^\w]+/g, '-').slice(0, 120)}-${String(index + 1)}.jsonl`, `${lines.join('\n')}\n`);
  });
}

/** Profiles whose events match the published types; the others deliberately omit fields. */
const WHOLE: ReadonlySet<string> = new Set(['ga', 'azure']);

/** The missing fields of sent events, as `type: fields`; empty if there are none. */
export function incompleteEvents(calls: readonly SandboxCall[], onPurpose: (event: RecordedEvent) => boolean): string[] {
  const sent = calls
    .filter(({ profile }) => WHOLE.has(profile))
    .flatMap(({ events }) => events)
    .filter(({ direction }) => direction === 'out');
  const lacking = sent.flatMap((entry) => {
    if (NO_EVENTS.has(entry.type) || onPurpose(entry)) return [];
    const fields = FIELDS[entry.type]?.filter((field) => entry.event[field] === undefined) ?? ['(no such event)'];
    return fields.length > 0 ? [`${entry.type}: ${fields.join(', ')}`] : [];
  });
  return [...new Set(lacking)];
}
