/** Logs each event as one line of JSON with `console`, for runtimes without pino such as workerd. */
import { LOG_LEVELS, logLine } from './log-line.js';
import type { LogLevel } from './log-line.js';
import type { ServerObserver } from '../contract/server-events.js';

/** Options of `consoleLog`. */
export interface ConsoleLogOptions {
  /** Default `info`. */
  readonly level?: LogLevel;
}

/** Creates an observer for `observers`. Writes the same lines as `pinoLog()`. */
export function consoleLog({ level = 'info' }: ConsoleLogOptions = {}): ServerObserver {
  const loudest = LOG_LEVELS.indexOf(level);
  return (event) => {
    const { level: of, message, fields } = logLine(event);
    if (LOG_LEVELS.indexOf(of) > loudest) return;
    console[of](JSON.stringify({ level: of, time: new Date().toISOString(), ...fields, msg: message }));
  };
}
