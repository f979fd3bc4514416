/**
 * Reads the files of the audit log, and erases visitors from them. An erasure overwrites the visitor's hash and the call's name with dashes in
 * place, so that no line moves: a process that appends to the file at the same time is not disturbed, and the cost remains in the log.
 */
import { createReadStream } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditEntry } from '../../contract/audit-trail.js';

/** Name of the file of a day (`YYYY-MM-DD`). */
export const auditFileName = (day: string): string => `audit-${day}.jsonl`;

/** The day of a file of the log; `undefined` for other files. */
export const auditFileDay = (name: string): string | undefined => /^audit-(\d{4}-\d\d-\d\d)\.jsonl$/.exec(name)?.[1];

/** All entries of a visitor in a folder, oldest first. */
export async function auditEntriesOf(folder: string, visitor: string): Promise<readonly AuditEntry[]> {
  const found: AuditEntry[] = [];
  for (const file of await filesOf(folder)) for await (const { entry } of linesOf(file, visitor)) found.push(entry);
  return found;
}

/** Makes the entries of a visitor anonymous. Returns their number. */
export async function eraseAuditEntries(folder: string, visitor: string): Promise<number> {
  let erased = 0;
  for (const path of await filesOf(folder)) {
    const spots: { readonly offset: number; readonly length: number }[] = [];
    for await (const { line, offset } of linesOf(path, visitor)) {
      erased += 1;
      for (const field of ['visitor', 'ref']) {
        const [, before = '', value = ''] = new RegExp(`^(.*?"${field}":")([^"]*)"`).exec(line) ?? [];
        if (value !== '') spots.push({ offset: offset + Buffer.byteLength(before), length: Buffer.byteLength(value) });
      }
    }
    if (spots.length === 0) continue;
    const file = await open(path, 'r+');
    try {
      for (const { offset, length } of spots) await file.write('-'.repeat(length), offset);
      await file.sync();
    } finally {
      await file.close();
    }
  }
  return erased;
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => auditFileDay(name) !== undefined);
  return names.sort().map((name) => join(folder, name));
}

/** The lines about a visitor, with their position in bytes. An incomplete last line is skipped. */
async function* linesOf(
  file: string,
  visitor: string,
): AsyncGenerator<{ readonly line: string; readonly offset: number; readonly entry: AuditEntry }> {
  let rest = Buffer.alloc(0);
  let offset = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = rest.subarray(0, end).toString('utf8');
      // A quick test before parsing: almost all lines are about other visitors.
      const entry = line.includes(visitor) ? parsed(line) : undefined;
      if (entry && 'visitor' in entry && entry.visitor === visitor) yield { line, offset, entry };
      offset += end + 1;
      rest = rest.subarray(end + 1);
    }
  }
}

/** The disk may have been full in the middle of a line. */
function parsed(line: string): AuditEntry | undefined {
  try {
    return JSON.parse(line) as AuditEntry;
  } catch {
    return undefined;
  }
}
