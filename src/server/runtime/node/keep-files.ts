/**
 * Keeps the versioned widget files of earlier builds. A page that was opened before a deploy loads further chunks afterwards, whose names
 * contain the hashes of its own build; the new build does not have them.
 *
 * The folder has a sub-folder for each build. Several processes may share it, also during a rolling deploy: a build is
 * copied under a temporary name, then renamed.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { access, copyFile, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isVersioned } from '../../../embed/widget-files.js';
import type { WidgetFiles } from '../../../embed/widget-files.js';

/** The lists of files in `dist/`, by their folders. */
const FORMS = ['', 'flat', 'single'];

/** Builds that are kept: the current one and two earlier ones. */
const KEPT_BUILDS = 3;

const NAME = /^[0-9a-f]{16}$/;

/** Sub-folders with builds, in any order; none if the folder does not exist. */
async function buildsIn(kept: string): Promise<string[]> {
  try {
    return (await readdir(kept)).filter((name) => NAME.test(name)).map((name) => join(kept, name));
  } catch {
    return [];
  }
}

/** Copies the versioned files of a build to a new folder. */
async function copyBuild(folder: string, lists: readonly string[], copy: string): Promise<void> {
  for (const [index, list] of lists.entries()) {
    const paths = Object.keys((JSON.parse(list) as WidgetFiles).integrity).filter(isVersioned);
    for (const path of paths.map((one) => join(FORMS[index] ?? '', one))) {
      await mkdir(dirname(join(copy, path)), { recursive: true });
      await copyFile(join(folder, path), join(copy, path));
    }
  }
}

/**
 * Copies the versioned files of this build to the folder `kept`, and removes all but the three builds that were started last.
 *
 * @param folder absolute path of `dist/`
 * @param kept absolute path of the folder for all builds
 * @throws Error of the file system; files that were kept before stay available
 */
export async function keepFiles(folder: string, kept: string, now: () => number = Date.now): Promise<void> {
  const lists = await Promise.all(FORMS.map((form) => readFile(join(folder, form, 'files.json'), 'utf8')));
  const build = join(kept, createHash('sha256').update(lists.join()).digest('hex').slice(0, 16));
  if (!existsSync(build)) {
    await mkdir(kept, { recursive: true });
    const copy = await mkdtemp(`${build}.`);
    try {
      await copyBuild(folder, lists, copy);
      await rename(copy, build);
    } catch (error) {
      await rm(copy, { recursive: true, force: true });
      // Another process may have been faster.
      if (!existsSync(build)) throw error;
    }
  }
  await utimes(build, now() / 1_000, now() / 1_000);
  const started = await Promise.all((await buildsIn(kept)).map(async (path) => ({ path, at: (await stat(path)).mtimeMs })));
  const obsolete = started.sort((a, b) => b.at - a.at).slice(KEPT_BUILDS);
  await Promise.all(obsolete.map(({ path }) => rm(path, { recursive: true, force: true })));
}

/** The kept build with the file at this path of a URL, such as `/chunks/panel-Ba1YBd2s.js`; `undefined` if none has it. */
export async function keptBuildOf(path: string, kept: string): Promise<string | undefined> {
  if (!/^\/(?:(?:chunks|flat|single)\/)?[\w-]+\.js$/.test(path) || !isVersioned(path)) return undefined;
  for (const build of await buildsIn(kept)) {
    try {
      await access(join(build, path));
      return build;
    } catch {
      // Another build may have it.
    }
  }
  return undefined;
}
