/**
 * The operator's requests about one visitor: their hash, an export of their data, and its erasure. Names are sent in the body, because URLs end
 * up in logs.
 */
import type { Context, Hono } from 'hono';
import type { AuditTrail } from '../contract/audit-trail.js';
import type { Operator, VisitorExport, VisitorName } from '../contract/operator.js';
import { problem } from '../http/problem.js';
import type { VoiceEnv } from '../http/voice-env.js';

/** Options of `addVisitorRoutes`. */
export interface VisitorRoutesOptions {
  operator(): Operator;
  /** If omitted, exports contain no entries, and there is nothing to erase. */
  readonly audit?: AuditTrail | undefined;
}

/** Longest name of a visitor, in characters. */
const MAX_NAME = 1_024;

/** Adds `POST /visitor/export` and `POST /visitor/erase`. The body is `{"visitor": hash}`, or a `VisitorName`. */
export function addVisitorRoutes(app: Hono<VoiceEnv>, { operator, audit }: VisitorRoutesOptions): void {
  const visitorOf = async (c: Context<VoiceEnv>): Promise<string | undefined> => {
    const body = ((await c.req.json().catch(() => undefined)) ?? {}) as Readonly<Record<string, unknown>>;
    const [[kind = '', name] = [], ...more] = Object.entries(body);
    if (typeof name !== 'string' || name.length > MAX_NAME || more.length > 0) return undefined;
    if (kind === 'visitor') return /^[\w-]{43}$/.test(name) ? name : undefined;
    return ['subject', 'address', 'phone'].includes(kind) ? operator().visitorHash({ [kind]: name } as unknown as VisitorName) : undefined;
  };

  app.post('/visitor/export', async (c) => {
    const visitor = await visitorOf(c);
    if (visitor === undefined) return problem(c, 'body_invalid');
    const data = await operator().visitorData(visitor);
    return c.json({ ...data, audit: await audit?.entriesOf(visitor) } satisfies VisitorExport);
  });

  app.post('/visitor/erase', async (c) => {
    const visitor = await visitorOf(c);
    if (visitor === undefined) return problem(c, 'body_invalid');
    // A live call would be written to the audit log again when it ends.
    const { calls } = await operator().visitorData(visitor);
    if (calls.length > 0) return problem(c, 'visitor_active');
    return c.json({ visitor, erased: (await audit?.erase(visitor)) ?? 0, audited: audit !== undefined });
  });
}
