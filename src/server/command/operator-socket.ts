/** The local socket of the operator's commands, for the server and for its client. */
import { join } from 'node:path';
import { stateDirectory } from './state-directory.js';

/** Where the socket is if no other path is configured. */
export const operatorSocket = (env: Readonly<Record<string, string | undefined>>): string => join(stateDirectory(env), 'operator.sock');
