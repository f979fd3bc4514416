/** A browser that Playwright cannot drive: what tests need of it, and its input actions. */

/** A point of the viewport, in CSS pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Size of a viewport, in CSS pixels. */
export interface ViewportSize {
  readonly width: number;
  readonly height: number;
}

/** One tab. */
export interface TestBrowser {
  /** Opens a page in a viewport of this size and waits until it has loaded. */
  open(url: string, size: ViewportSize): Promise<void>;
  /** Runs a self-contained function in the page; its result is serialised as JSON. */
  run<T, A extends unknown[]>(script: (...args: A) => T | Promise<T>, ...args: A): Promise<T>;
  /** Evaluates an expression in the page; its result is serialised as JSON. */
  evaluate<T>(expression: string): Promise<T>;
  /** Presses and releases the mouse at a point of the viewport. */
  click(point: Point): Promise<void>;
  /** Presses keys by name (Tab, Shift+Tab, Enter, Space), or types the characters of a text. */
  press(...keys: string[]): Promise<void>;
  /** A screenshot of the viewport as PNG. */
  screenshot(): Promise<Buffer>;
  /** Closes the browser and removes its profile. */
  close(): Promise<void>;
}

/** Input in the format that WebDriver and WebDriver BiDi have in common. */
export interface InputSource {
  readonly type: 'pointer' | 'key';
  readonly id: string;
  readonly actions: readonly object[];
}

/** Keys by name, encoded for WebDriver. */
const KEYS: Readonly<Record<string, string>> = { Tab: '\uE004', Enter: '\uE007', Space: ' ' };
const SHIFT = '\uE008';

/** A click of the mouse. */
export function mouseClick({ x, y }: Point): InputSource {
  const actions = [
    { type: 'pointerMove', x: Math.round(x), y: Math.round(y) },
    { type: 'pointerDown', button: 0 },
    { type: 'pointerUp', button: 0 },
  ];
  return { type: 'pointer', id: 'mouse', actions };
}

/** Key strokes: names as in `TestBrowser.press`, or texts. */
export function keyStrokes(keys: readonly string[]): InputSource {
  const stroke = (value = ''): object[] => [
    { type: 'keyDown', value },
    { type: 'keyUp', value },
  ];
  const [down = {}, up = {}] = stroke(SHIFT);
  const actions = keys.flatMap((key) =>
    key === 'Shift+Tab' ? [down, ...stroke(KEYS['Tab']), up] : (key in KEYS ? [KEYS[key]] : [...key]).flatMap(stroke),
  );
  return { type: 'key', id: 'keyboard', actions };
}
