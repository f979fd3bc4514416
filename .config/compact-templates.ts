/** Build plugin: removes white space from `css` and `html` templates. */
import MagicString from 'magic-string';
import type { Plugin } from 'vite';

/**
 * Removes line breaks and indentation from `css` and `html` templates, which a minifier must not change. White space
 * that contains a line break becomes one space (in CSS none next to braces, semicolons and commas), which renders the
 * same.
 */
export function compactTemplates(): Plugin {
  const compact = {
    html: (text: string) => text.replace(/\s*\n\s*/g, ' '),
    css: (text: string) =>
      text
        .replace(/\/\*[\s\S]*?\*\//g, '')
        .replace(/\s+/g, ' ')
        .replace(/ ?([{};,]) ?/g, '$1')
        .replace(/: /g, ':')
        .replace(/;}/g, '}')
        .replace(/([\s,:(-])0\./g, '$1.')
        .replace(/='([a-z-]+)'\]/g, '=$1]'),
  };
  interface Node {
    type: string;
    tag?: { name?: string };
    quasi?: { quasis: { start: number; end: number }[] };
  }
  return {
    name: 'compact-templates',
    enforce: 'post',
    apply: (_, { mode }) => mode === 'script' || mode === 'npm' || mode === 'single',
    transform(code, id) {
      if (!/src\/(views|styles|element)\//.test(id)) return null;
      const edited = new MagicString(code);
      const visit = (node: unknown): void => {
        if (Array.isArray(node)) return node.forEach(visit);
        if (typeof node !== 'object' || node === null) return;
        const { type, tag, quasi } = node as Node;
        const rewrite = type === 'TaggedTemplateExpression' ? compact[tag?.name as keyof typeof compact] : undefined;
        for (const { start, end } of rewrite ? (quasi?.quasis ?? []) : []) {
          // The text between two bindings can be empty.
          if (rewrite && end > start) edited.overwrite(start, end, rewrite(code.slice(start, end)));
        }
        Object.values(node).forEach(visit);
      };
      visit(this.parse(code));
      return { code: edited.toString(), map: edited.generateMap({ hires: 'boundary' }) };
    },
  };
}
