/**
 * The React component for `<voice-agent>`, for React 18 and newer. It renders the tag, with its attributes, on the server; it sets properties
 * and adds listeners itself, because React 18 never does and React 19 does neither during hydration.
 *
 * Does not own: the element, whose code it loads in browsers only.
 */
import { createElement, forwardRef, useEffect, useImperativeHandle, useLayoutEffect, useRef, version } from 'react';
import type { HTMLAttributes } from 'react';
import type { VoiceAgent } from '../element/voice-agent.js';
import { ATTRIBUTES, EVENTS, INITIAL_VALUES } from './element-props.js';
import type { ElementAttributes, ElementEventProps, ElementProps } from './element-props.js';

/** HTML attributes that React's types list for all elements, except those that the element has its own meaning for. */
type HtmlProps = Omit<HTMLAttributes<VoiceAgent>, keyof ElementProps | keyof ElementEventProps>;

/** Props of the React component: the properties and events of the element, and the attributes of any HTML element. */
export interface ReactVoiceAgentProps
  extends ElementProps, ElementEventProps, Pick<ElementAttributes, 'key-events' | 'removal-delay'>, HtmlProps {}

type Props = Readonly<Record<string, unknown>>;

const inBrowser = typeof document !== 'undefined';
// With the module, not in an effect, so that the code loads during the hydration.
if (inBrowser) void import('../define.js');

/** Before the browser paints, and before a visitor can click. React 18 warns about layout effects on the server. */
const useClientEffect = inBrowser ? useLayoutEffect : useEffect;

/** Since React 19, boolean attributes of custom elements are set and removed; React 18 writes "true" and "false". */
const booleanAttributes = Number.parseInt(version, 10) >= 19;
const attributeValue = (value: unknown): unknown => (typeof value !== 'boolean' || booleanAttributes ? value : value ? '' : undefined);

/** What the tag has on the server, too: everything except properties without an attribute, and listeners of the element's own events. */
function renderedProps(props: Props): Record<string, unknown> {
  const rendered: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(props)) {
    if (name in EVENTS) continue;
    if (name === 'className') rendered['class'] = value;
    else if (name === 'hidden' || name === 'inert') rendered[name] = attributeValue(value);
    else if (!(name in ATTRIBUTES)) rendered[name] = value;
    else {
      const attribute = ATTRIBUTES[name];
      if (attribute !== undefined && typeof value !== 'object' && typeof value !== 'function') rendered[attribute] = attributeValue(value);
    }
  }
  return rendered;
}

/** Sets the properties that differ from those of the last rendering, so that a visitor's change of `open` or `muted` remains. */
function setProperties(element: VoiceAgent, props: Props, previous: Props): void {
  for (const name of Object.keys(ATTRIBUTES)) {
    if (Object.is(props[name], previous[name])) continue;
    Object.assign(element, { [name]: props[name] ?? INITIAL_VALUES[name] });
  }
}

/**
 * `<voice-agent>` as a React component. The `ref` is the element; it has its methods once it is defined
 * (`customElements.whenDefined('voice-agent')`).
 */
export const ReactVoiceAgent = forwardRef<VoiceAgent, ReactVoiceAgentProps>(function VoiceAgent(props, ref) {
  const element = useRef<VoiceAgent>(null);
  const current = useRef<Props>({});

  useImperativeHandle(ref, () => element.current as VoiceAgent, []);

  useClientEffect(() => {
    const next: Props = { ...props };
    setProperties(element.current as VoiceAgent, next, current.current);
    current.current = next;
  });

  useClientEffect(() => {
    const listeners = new AbortController();
    for (const [prop, event] of Object.entries(EVENTS)) {
      const listen = (fired: Event): void => (current.current[prop] as ((event: Event) => void) | undefined)?.(fired);
      element.current?.addEventListener(event, listen, { signal: listeners.signal });
    }
    return () => listeners.abort();
  }, []);

  // The element reflects some attributes, also before the hydration, if a script of the page defines it.
  return createElement('voice-agent', { ...renderedProps({ ...props }), ref: element, suppressHydrationWarning: true });
});
