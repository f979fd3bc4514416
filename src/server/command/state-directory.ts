/** The folder for files that the command keeps between starts. */
import { resolve } from 'node:path';

/**
 * The absolute path of the folder: the first entry of `STATE_DIRECTORY`, which systemd sets for `StateDirectory=`, otherwise
 * `.voice-agent` in the working directory. Does not create it.
 */
export function stateDirectory(env: Readonly<Record<string, string | undefined>>): string {
  return resolve(env['STATE_DIRECTORY']?.split(':')[0] || '.voice-agent');
}
