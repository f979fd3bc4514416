/** Reads the description of `<voice-agent>` from the built manifest, `dist/custom-elements.json`. */
import { readFileSync } from 'node:fs';

/** A property, method, attribute, event, part, state or custom property. */
export interface Described {
  name: string;
  description?: string;
  type?: { text: string };
  /** The type with its names of literals resolved. */
  expandedType?: { text: string };
  default?: string;
  attribute?: string;
  kind?: string;
  static?: boolean;
  readonly?: boolean;
  fieldName?: string;
  return?: { type?: { text: string } };
  parameters?: { name: string; optional?: boolean; default?: string; type?: { text: string } }[];
}

/** A custom element. */
export interface ElementDeclaration {
  name: string;
  tagName?: string;
  customElement?: boolean;
  description?: string;
  attributes?: Described[];
  members?: Described[];
  events?: Described[];
  cssParts?: Described[];
  cssProperties?: Described[];
  cssStates?: Described[];
  slots?: Described[];
}

/** The declaration of `<voice-agent>`. */
export function elementManifest(): ElementDeclaration {
  const text = readFileSync(new URL('../dist/custom-elements.json', import.meta.url), 'utf8');
  const { modules } = JSON.parse(text) as { modules: { declarations?: ElementDeclaration[] }[] };
  const declarations = modules.flatMap((module) => module.declarations ?? []);
  const agent = declarations.find(({ tagName }) => tagName === 'voice-agent');
  if (!agent) throw new Error('The manifest does not contain <voice-agent>.');
  return agent;
}
