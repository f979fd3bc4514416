/**
 * Converts each event to a log line: level, message and fields. The output is up to the logger (`runtime/node/pino-log.ts` on
 * Node). Events contain no secrets.
 */
import type { OperatorAction, ServerEvent } from '../contract/server-events.js';

/** From least to most verbose. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;

/** Logs this level and more severe ones. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One line. */
export interface LogLine {
  readonly level: Exclude<LogLevel, 'silent'>;
  /** Constant for each kind of line. */
  readonly message: string;
  /** JSON fields; `undefined` fields are omitted. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Creates the line for an event. */
export function logLine(event: ServerEvent): LogLine {
  const { level, message } = words(event);
  const { type, ...fields } = event;
  return { level, message, fields: { event: type, ...fields } };
}

type Words = Pick<LogLine, 'level' | 'message'>;

const line = (level: Words['level'], message: string): Words => ({ level, message });

/** A call that ends remotely also loses its sideband, so `lost` is only `info`; `attached-again` reveals a loss during a call. */
const SIDEBAND_LEVELS = { attached: 'debug', lost: 'info', 'attached-again': 'warn', 'given-up': 'error' } as const;

const OPERATOR_MESSAGES = {
  pause: 'the operator paused the server',
  resume: 'the operator resumed the server',
  end: 'the operator ended a call',
  'end-all': 'the operator ended all calls',
} as const satisfies Record<OperatorAction, string>;

function words(event: ServerEvent): Words {
  switch (event.type) {
    case 'minted':
      return line('info', 'key minted');
    case 'refused':
      return event.status >= 500
        ? line(event.code === 'internal_error' ? 'error' : 'warn', 'request failed')
        : line('info', 'request refused');
    case 'upstream':
      return line(event.status === undefined || event.status >= 400 ? 'warn' : 'debug', 'upstream request');
    case 'api-key-rejected':
      return line('warn', 'one API key was rejected, another one is used');
    case 'call-started':
      return line('info', 'call started');
    case 'call-usage':
      return line('debug', 'call usage');
    case 'call-ended':
      return line(event.reason === 'flooded' ? 'warn' : 'info', 'call ended');
    case 'tampered':
      return line('warn', 'client did what its profile does not allow');
    case 'sideband':
      return line(SIDEBAND_LEVELS[event.state], `sideband ${event.state}`);
    case 'tool':
      if (event.refused !== undefined) return line('warn', 'tool refused');
      return line(event.failed ? 'warn' : 'info', event.failed ? 'tool failed' : 'tool ran');
    case 'phone':
      return line(event.step === 'replayed' ? 'warn' : 'info', `phone call ${event.step}`);
    case 'operator':
      return line(event.action === 'end' ? 'info' : 'warn', OPERATOR_MESSAGES[event.action]);
    case 'budget':
      return line(event.percent < 80 ? 'info' : 'warn', 'budget level reached');
    case 'webhook':
      return line('warn', 'webhook given up');
    case 'state':
      return event.available ? line('info', 'state available') : line('error', 'state unavailable');
    case 'journal':
      return line(event.state === 'writable' ? 'info' : 'error', `journal ${event.state}`);
    case 'connection-limit':
      return line('warn', 'connection limit reached');
  }
}
