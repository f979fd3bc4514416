/** The block in WordPress's editors: a live preview of the widget, in which no call can be started, and its settings. */
import type { EditorData, EditorNode, EditProps } from './editor-globals.js';

const { blocks, blockEditor, components, element, i18n } = window.wp;
const { __ } = i18n;
const { createElement: h } = element;
const data: EditorData = window.voiceAgentBlock ?? { module: '', agents: [], ready: true };

/** Texts by placement. */
const placements = (): readonly (readonly [string, string])[] => [
  ['inline', __('In the text', 'voice-agent')],
  ['bottom-end', __('Floating: bottom, end of the line', 'voice-agent')],
  ['bottom-start', __('Floating: bottom, start of the line', 'voice-agent')],
  ['top-end', __('Floating: top, end of the line', 'voice-agent')],
  ['top-start', __('Floating: top, start of the line', 'voice-agent')],
];

const themes = (): readonly (readonly [string, string])[] => [
  ['', __('As in the settings', 'voice-agent')],
  ['auto', __('Like the page', 'voice-agent')],
  ['light', __('Light', 'voice-agent')],
  ['dark', __('Dark', 'voice-agent')],
];

/** The block's editor. */
export function blockEditorView({ attributes, setAttributes }: EditProps): EditorNode {
  const props = blockEditor.useBlockProps({ className: 'voice-agent-preview' });
  const holder = element.useRef<HTMLElement>(null);
  // The canvas may be an iframe, which needs a definition of the tag of its own.
  element.useEffect(() => {
    if (holder.current) defineWidget(holder.current.ownerDocument);
  }, []);
  return h(
    element.Fragment,
    null,
    settings({ attributes, setAttributes }),
    h(
      'div',
      props,
      data.ready
        ? null
        : h(
            components.Notice,
            { status: 'warning', isDismissible: false },
            __('Visitors see nothing until the plug-in has an API key.', 'voice-agent'),
          ),
      h('div', { ref: holder, style: { pointerEvents: 'none' }, 'aria-hidden': true }, preview(attributes)),
      attributes.placement === 'inline' ? null : h('p', null, labelOf(placements(), attributes.placement)),
    ),
  );
}

/** The widget itself, always in the text: a floating one would cover the editor. */
function preview({ agent, heading, theme }: EditProps['attributes']): EditorNode {
  const named = data.agents.find(({ name }) => name === agent)?.heading;
  return h('voice-agent', { heading: heading || named || null, theme: theme || 'auto', disabled: 'true', key: theme });
}

function settings({ attributes, setAttributes }: EditProps): EditorNode {
  const select = (name: 'agent' | 'placement' | 'theme', label: string, options: readonly (readonly [string, string])[]): EditorNode =>
    h(components.SelectControl, {
      label,
      value: attributes[name],
      options: options.map(([value, text]) => ({ value, label: text })),
      onChange: (value: string) => setAttributes({ [name]: value }),
    });
  const text = (name: 'heading' | 'language', label: string, help: string): EditorNode =>
    h(components.TextControl, { label, help, value: attributes[name], onChange: (value: string) => setAttributes({ [name]: value }) });
  return h(
    blockEditor.InspectorControls,
    null,
    h(
      components.PanelBody,
      { title: __('Voice Agent', 'voice-agent') },
      select(
        'agent',
        __('Agent', 'voice-agent'),
        data.agents.map(({ name, heading }) => [name, heading ? `${heading} (${name})` : name]),
      ),
      text('heading', __('Name that visitors see', 'voice-agent'), __('Leave empty for the name in the settings.', 'voice-agent')),
      select('placement', __('Position', 'voice-agent'), placements()),
      select('theme', __('Theme', 'voice-agent'), themes()),
      text(
        'language',
        __('Language that visitors speak', 'voice-agent'),
        __('A code such as en or de, which improves the transcript.', 'voice-agent'),
      ),
    ),
  );
}

const labelOf = (options: readonly (readonly [string, string])[], value: string): string =>
  options.find(([one]) => one === value)?.[1] ?? value;

/** Loads the widget into a document, once. */
function defineWidget(page: Document): void {
  if (!data.module || page.querySelector('script[data-voice-agent-preview]')) return;
  const script = page.createElement('script');
  script.type = 'module';
  script.src = data.module;
  script.dataset['voiceAgentPreview'] = '';
  page.head.append(script);
}

blocks.registerBlockType('voice-agent/voice-agent', { edit: blockEditorView, save: () => null });
