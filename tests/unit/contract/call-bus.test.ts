import { expect, test, vi } from 'vitest';
import { CallBus } from '../../../src/contract/call-bus.js';

test('delivers synchronously, in the order in which the listeners were added', () => {
  const bus = new CallBus();
  const received: string[] = [];
  bus.on('mute', (on) => received.push(`first ${on}`));
  bus.on('mute', (on) => received.push(`second ${on}`));
  bus.emit('mute', true);
  expect(received).toEqual(['first true', 'second true']);
});

test('an error of one listener is reported, and the others still receive the event', () => {
  const reported = vi.spyOn(console, 'error').mockReturnValue();
  const bus = new CallBus();
  const received: boolean[] = [];
  bus.on('mute', () => {
    throw new Error('broken');
  });
  bus.on('mute', (on) => received.push(on));
  bus.emit('mute', true);
  expect(received).toEqual([true]);
  expect(reported).toHaveBeenCalledOnce();
  reported.mockRestore();
});

test('delivers nothing after its release, not even the rest of the current event', () => {
  const bus = new CallBus();
  const received: boolean[] = [];
  bus.on('stalled', () => bus.release());
  bus.on('stalled', (stalled) => received.push(stalled));
  bus.emit('stalled', true);
  bus.emit('stalled', false);
  expect(received).toEqual([]);
});
