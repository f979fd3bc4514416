/** The list of a build's files, `files.json`: written by the build, read by the server and by the generator of snippets. */

/** One form of the widget: the files in one folder and its sub-folders. */
export interface WidgetFiles {
  /** Version of the package. */
  readonly version: string;
  /** The versioned name of each entry, such as `embed-3kQx91Zb.js` for `embed.js`. */
  readonly entries: Readonly<Record<string, string>>;
  /** The `integrity` of each file by its path, relative to the folder with the list. */
  readonly integrity: Readonly<Record<string, string>>;
}

/** Whether a file keeps its content forever: its name ends with a hash of eight characters. */
export const isVersioned = (path: string): boolean => /-[\w-]{8}\.js$/.test(path);
