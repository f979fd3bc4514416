// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { useReactComponent } from '../../support/react-test.js';

test('in happy-dom the React component renders, and a call fails as unsupported', async () => {
  expect(globalThis).not.toHaveProperty('RTCPeerConnection');
  await useReactComponent();
});
