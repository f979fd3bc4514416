// @vitest-environment jsdom
import { expect, test } from 'vitest';
import { useBuiltElement } from '../../support/test-dom.js';

test.each(['inline', 'bottom-end'] as const)(
  'in jsdom the element (%s) renders its button, and a call fails as unsupported',
  async (placement) => {
    expect(globalThis).not.toHaveProperty('RTCPeerConnection');
    await useBuiltElement(placement);
  },
);
