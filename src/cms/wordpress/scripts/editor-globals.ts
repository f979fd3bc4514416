/**
 * The parts of WordPress's editor packages that the block uses. They are globals of the editor (`wp.blocks`, …), in the versions of the
 * site's WordPress; only what exists since 6.1 is declared.
 */

/** A React element. */
export type EditorNode = object | string | null;

type Props = Readonly<Record<string, unknown>>;
type Component = string | ((props: never) => EditorNode);

/** Attributes of the block (`block.json`). */
export interface BlockAttributes {
  readonly agent: string;
  readonly heading: string;
  readonly placement: string;
  readonly theme: string;
  readonly language: string;
}

/** Properties of the block's editor. */
export interface EditProps {
  readonly attributes: BlockAttributes;
  setAttributes(changes: Partial<BlockAttributes>): void;
}

/** Data that the plug-in provides. */
export interface EditorData {
  /** URL of the widget's module. */
  readonly module: string;
  readonly agents: readonly { readonly name: string; readonly heading: string }[];
  /** False if the settings are not complete. */
  readonly ready: boolean;
}

/** `window.wp` in the editor. */
export interface EditorGlobals {
  readonly blocks: {
    registerBlockType(name: string, settings: { edit(props: EditProps): EditorNode; save(): null }): void;
  };
  readonly blockEditor: { readonly InspectorControls: Component; useBlockProps(props?: Props): Props };
  readonly components: {
    readonly PanelBody: Component;
    readonly SelectControl: Component;
    readonly TextControl: Component;
    readonly Notice: Component;
  };
  readonly element: {
    createElement(type: Component, props?: Props | null, ...children: readonly EditorNode[]): EditorNode;
    useRef<T>(initial: T | null): { current: T | null };
    useEffect(effect: () => void, dependencies: readonly unknown[]): void;
    readonly Fragment: Component;
  };
  readonly i18n: { __(text: string, domain: string): string };
}

declare global {
  interface Window {
    wp: EditorGlobals;
    voiceAgentBlock?: EditorData;
  }
}
