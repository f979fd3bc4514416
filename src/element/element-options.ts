/**
 * The registry of the element's properties: one row per property. It drives Lit's `properties`, the settings of a call, the manifest and
 * the README.
 *
 * The compiler requires exactly one row for each member of `CallOptions` and `LookOptions`, which own type and text. Types and texts are
 * not in the page's code.
 */
import type { PropertyDeclaration } from 'lit';
import type { CallOptions, Placement, Theme } from '../contract/options.js';
import { boolean } from '../views/boolean.js';

/** Properties that are not settings of a call. */
export interface LookOptions {
  /** Id of a text field or contenteditable element in the page that `mode="transcription"` writes into. */
  for: string | undefined;
  /** Position of the widget: `inline`, `bottom-end`, `bottom-start`, `top-end`, `top-start`. */
  placement: Placement;
  /** Name of the agent, shown and announced. */
  heading: string | undefined;
  /** `auto`: the page's `color-scheme`; `light`, `dark`. */
  theme: Theme;
  /** True while the panel is shown. */
  open: boolean;
  /** True while the microphone is muted. */
  muted: boolean;
  /**
   * True makes screen readers announce each new turn. By default they announce turns only in text-only calls: in a voice call the
   * visitor hears them, and the microphone would pick up announcements. Visitors can change it in the panel.
   */
  announce: boolean;
  /** True disables the launcher, so that no call can be started. */
  disabled: boolean;
}

/** Settings that only `VoiceSession` and the `config` of `voice-agent-before-connect` have. */
type SessionOnly = 'keyPrefix' | 'approvalTimeout';
type ElementCallOptions = Omit<CallOptions, SessionOnly>;

/** The properties of the element, except those that are read-only. */
export type ElementOptions = LookOptions & { -readonly [Name in keyof ElementCallOptions]-?: ElementCallOptions[Name] | undefined };

/** A row: Lit's declaration of the property, and its initial value. */
interface Row extends PropertyDeclaration {
  readonly default?: unknown;
}

type Rows<Options> = Readonly<Record<keyof Options, Row>>;

/** The properties by role: `call` for the settings of a call, `look` for everything else. */
export const elementOptions: { readonly call: Rows<ElementCallOptions>; readonly look: Rows<LookOptions> } = {
  call: {
    tokenUrl: { attribute: 'token-url' },
    token: { attribute: false },
    callUrl: { attribute: 'call-url' },
    visitorToken: { attribute: false },
    baseUrl: { attribute: 'base-url' },
    transport: {},
    dialect: {},
    workletUrl: { attribute: 'worklet-url' },
    keyCarrier: { attribute: 'key-carrier' },
    mode: {},
    reconnect: { type: Boolean, converter: boolean },
    agent: { attribute: false },
    agentOptions: { attribute: false },
    model: {},
    voice: {},
    instructions: {},
    language: {},
    greeting: {},
    turnDetection: { attribute: 'turn-detection' },
    sessionConfig: { attribute: false },
    tools: { attribute: false },
    timeout: { type: Number },
    mediaStream: { attribute: false },
    audioElement: { attribute: false },
  },
  look: {
    for: { reflect: true },
    placement: { reflect: true, default: 'inline' },
    heading: { reflect: true },
    theme: { reflect: true, default: 'auto' },
    // Not reflected, because visitors change them: copies of the page (Turbo's snapshots) would keep them.
    open: { type: Boolean, converter: boolean, default: false },
    muted: { type: Boolean, converter: boolean, default: false },
    announce: { type: Boolean, converter: boolean, default: false },
    disabled: { type: Boolean, converter: boolean, reflect: true, default: false },
  },
};
