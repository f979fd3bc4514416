/**
 * What a log says about each event: level, words and fields. Owns nothing else; whoever writes lines (`runtime/pino-log.ts`
 * on Node) decides where they go. Events hold nothing secret.
 */
import type { ServerEvent } from './server-events.js';

/** From least to most. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;

/** What a log tells: this and what is worse. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One line. */
export interface LogLine {
  readonly level: Exclude<LogLevel, 'silent'>;
  /** The same for all lines of one kind. */
  readonly message: string;
  /** JSON; `undefined` members are left out. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The line for an event. */
export function logLine(event: ServerEvent): LogLine {
  const { level, message } = words(event);
  const { type, ...fields } = event;
  return { level, message, fields: { event: type, ...fields } };
}

type Words = Pick<LogLine, 'level' | 'message'>;

const line = (level: Words['level'], message: string): Words => ({ level, message });

/** Every call that the far side ends loses its sideband first; that one was lost in a call shows when it is attached again. */
const SIDEBAND_LEVELS = { attached: 'debug', lost: 'info', 'attached-again': 'warn', 'given-up': 'error' } as const;

function words(event: ServerEvent): Words {
  switch (event.type) {
    case 'minted':
      return line('info', 'key minted');
    case 'refused':
      return event.status >= 500 ? line(event.code === 'internal_error' ? 'error' : 'warn', 'request failed') : line('info', 'request refused');
    case 'upstream':
      return line(event.status === undefined || event.status >= 400 ? 'warn' : 'debug', 'upstream asked');
    case 'call-started':
      return line('info', 'call started');
    case 'call-usage':
      return line('debug', 'call usage');
    case 'call-ended':
      return line('info', 'call ended');
    case 'tampered':
      return line('warn', 'client changed what is pinned');
    case 'sideband':
      return line(SIDEBAND_LEVELS[event.state], `sideband ${event.state}`);
    case 'tool':
      return line(event.failed ? 'warn' : 'info', event.failed ? 'tool failed' : 'tool ran');
    case 'phone':
      return line(event.step === 'replayed' ? 'warn' : 'info', `phone call ${event.step}`);
    case 'state':
      return event.available ? line('info', 'state available') : line('error', 'state not available');
  }
}
