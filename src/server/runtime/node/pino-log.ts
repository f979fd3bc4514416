/** Logs each event as one line of JSON with pino. Node only. Owns the output; `log-line.ts` defines the content. */
import { pino } from 'pino';
import { logLine } from '../../observe/log-line.js';
import type { LogLevel } from '../../observe/log-line.js';
import type { ServerObserver } from '../../contract/server-events.js';

/** Options of `pinoLog`. */
export interface PinoLogOptions {
  /** Default `info`. */
  readonly level?: LogLevel;
  /** Path of a file to append to, a file descriptor, or anything with `write(line)`. Default: standard output. */
  readonly destination?: string | number | { write(line: string): unknown };
}

/** A logging observer; use `log` for your own lines. */
export interface PinoLog extends ServerObserver {
  readonly log: Readonly<Record<Exclude<LogLevel, 'silent'>, LogMethod>>;
}

/** Writes one line. */
export interface LogMethod {
  (message: string): void;
  (fields: object, message: string): void;
}

/** Creates an observer for `observers`. Writes synchronously, so that no line is lost when the process exits. */
export function pinoLog({ level = 'info', destination = 1 }: PinoLogOptions = {}): PinoLog {
  const stream = typeof destination === 'object' ? destination : pino.destination({ dest: destination, sync: true });
  const log = pino(
    {
      level,
      // No process ID or host name: log collectors add the source themselves.
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  const observe: ServerObserver = (event) => {
    const { level: of, message, fields } = logLine(event);
    log[of](fields, message);
  };
  return Object.assign(observe, { log });
}
