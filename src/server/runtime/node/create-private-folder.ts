/** Creates a folder for files of the server that only its user can read, and that do not belong into version control. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from './journal-error.js';

/** Creates a folder with its parents; no effect if it exists. A new folder contains a `.gitignore`. Rejects with the system's error. */
export async function createPrivateFolder(folder: string): Promise<void> {
  if (await createdFolder(folder)) await writeFile(join(folder, '.gitignore'), '*\n');
}

/** Returns false if it exists. */
async function createdFolder(folder: string): Promise<boolean> {
  try {
    // Without `recursive`, the error names the cause: with it, a read-only file system is reported as ENOENT.
    await mkdir(folder, { mode: 0o700 });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && (await stat(folder)).isDirectory()) return false;
    if (codeOf(error) !== 'ENOENT') throw error;
    return (await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined;
  }
}
