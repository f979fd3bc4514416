import { expect, test } from 'vitest';
import { playsContextTracks } from '../../../src/media/plays-context-tracks.js';

test.each([
  ['WebKitGTK', 'Apple Computer, Inc.', 'Linux x86_64', false],
  ['Safari on a Mac or an iPad', 'Apple Computer, Inc.', 'MacIntel', true],
  ['Safari on an iPhone', 'Apple Computer, Inc.', 'iPhone', true],
  ['Chrome on Linux', 'Google Inc.', 'Linux x86_64', true],
  ['Chrome on Android', 'Google Inc.', 'Linux i686', true],
  ['Firefox on Linux', '', 'Linux x86_64', true],
])('an audio element of %s', (_, vendor, platform, plays) => {
  expect(playsContextTracks({ vendor, platform })).toBe(plays);
});
