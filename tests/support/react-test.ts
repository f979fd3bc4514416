/** Renders the built React component in the DOM of a test tool, as the test of an app would. */
import { act, createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { expect } from 'vitest';
import type * as ReactEntry from '../../src/react.js';

const BUILT = new URL('../../dist/react.js', import.meta.url).pathname;

/** Renders, rerenders and unmounts the component, and expects its properties and events. */
export async function useReactComponent(): Promise<void> {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  const { VoiceAgent } = (await import(/* @vite-ignore */ BUILT)) as typeof ReactEntry;
  await customElements.whenDefined('voice-agent');
  const place = document.createElement('div');
  document.body.append(place);
  const root = createRoot(place);
  const codes: string[] = [];
  const render = (heading: string | undefined) =>
    act(async () =>
      root.render(
        createElement(VoiceAgent, {
          tokenUrl: '/voice/token',
          heading,
          tools: [{ name: 'now', execute: () => new Date() }],
          onError: ({ detail }) => codes.push(detail.error.code),
        }),
      ),
    );

  await render('Ask Ada');
  const element = place.querySelector('voice-agent') ?? expect.fail('the element is rendered');
  expect([element.tokenUrl, element.heading, element.tools?.length]).toEqual(['/voice/token', 'Ask Ada', 1]);
  await expect(element.connect()).rejects.toMatchObject({ code: 'unsupported' });
  expect(codes).toEqual(['unsupported']);
  await render(undefined);
  expect(element.heading).toBeUndefined();
  await act(async () => root.unmount());
  expect(place.childElementCount).toBe(0);
}
