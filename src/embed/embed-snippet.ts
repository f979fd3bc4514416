/** The markup that a site owner pastes: the import map with the hashes of all chunks, and the script with its own hash. */
import { isVersioned } from './widget-files.js';
import type { WidgetFiles } from './widget-files.js';

/** An import map with only hashes, for a `<script type="importmap">` in front of all module scripts. */
export interface IntegrityMap {
  readonly integrity: Readonly<Record<string, string>>;
}

/** Options of `embedSnippet()`. */
export interface EmbedSnippetOptions {
  /** Address of the folder with `files.json`, absolute or from the site's root: `https://cdn.example.com/voice/`, `/voice/`. */
  readonly base: string;
  /** The settings as attributes of `<voice-agent>`: `{ 'call-url': '/voice/call' }`. `true` writes an attribute without a value. */
  readonly settings: Readonly<Record<string, string | true>>;
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

/** The folder's address with a slash at its end. @throws TypeError if it is neither absolute nor from the root */
function folderOf(base: string): string {
  if (!/^(https?:\/)?\//.test(base)) throw new TypeError(`The base "${base}" must begin with https://, http:// or /.`);
  return base.endsWith('/') ? base : `${base}/`;
}

/**
 * The hashes of all versioned module files. Browsers check module scripts, their imports and `import()` against it.
 * @throws TypeError if the base is neither absolute nor from the root
 */
export function integrityMap({ integrity }: WidgetFiles, base: string): IntegrityMap {
  const folder = folderOf(base);
  const modules = Object.entries(integrity).filter(([path]) => isVersioned(path) && !path.startsWith('embed-'));
  return { integrity: Object.fromEntries(modules.map(([path, hash]) => [folder + path, hash])) };
}

/**
 * The markup for a page, with versioned names and hashes. A list with one file, the whole widget, needs no import map.
 * @throws TypeError if the base is neither absolute nor from the root
 */
export function embedSnippet(files: WidgetFiles, { base, settings }: EmbedSnippetOptions): string {
  const folder = folderOf(base);
  const whole = !('embed.js' in files.entries);
  const script = files.entries[whole ? 'voice-agent.js' : 'embed.js'] ?? '';
  const attributes = Object.entries({
    src: folder + script,
    integrity: files.integrity[script] ?? '',
    crossorigin: 'anonymous',
    ...(whole ? {} : { 'data-src': `${folder}${files.entries['voice-agent.js'] ?? ''}` }),
    'data-voice-agent': true as const,
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [`data-${name}`, value])),
  });
  const written = attributes.map(([name, value]) => (value === true ? name : `${name}="${escaped(value)}"`)).join('\n  ');
  const map = whole ? '' : `<script type="importmap">\n${JSON.stringify(integrityMap(files, base), null, 2)}\n</script>\n`;
  return `${map}<script\n  ${written}\n></script>\n`;
}
