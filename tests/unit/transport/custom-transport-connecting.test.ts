/** A page's own transport: rejecting invalid ones, and connecting a layer written from scratch. */
import { describe, expect, it } from 'vitest';
import { settle } from '../session/fake-environment.js';
import { call, Layer } from './page-layer.js';

describe('an invalid transport', () => {
  it('is rejected with the names of the missing members', () => {
    const rest = Object.fromEntries(['close', 'sendEvent', 'on', 'off'].map((name) => [name, () => undefined]));
    expect(() => call(rest)).toThrow(
      expect.objectContaining({
        code: 'unsupported',
        message: expect.stringMatching(/missing connect\(\), sendMessage\(\), .*emit\(\), status, muted\./) as string,
      }),
    );
    expect(() => call({})).toThrow(expect.objectContaining({ code: 'unsupported' }));
  });
});

describe('connecting', () => {
  it('passes key, model, URL and settings in the SDK’s form', async () => {
    const layer = new Layer();
    const session = {
      type: 'realtime',
      instructions: 'Be brief.',
      max_output_tokens: 9,
      output_modalities: ['audio'],
      audio: { input: { turn_detection: null, noise_reduction: { type: 'near_field' } }, output: { voice: 'cedar' } },
    };
    const { transport } = call(layer, { model: 'm' }, { session, url: 'wss://voice.test/realtime?model=m' });
    await transport.connect();
    expect(layer.asked).toEqual([
      [
        'connect',
        {
          apiKey: 'ek_secret',
          model: 'm',
          url: 'wss://voice.test/realtime?model=m',
          initialSessionConfig: {
            instructions: 'Be brief.',
            outputModalities: ['audio'],
            audio: { input: { turnDetection: null, noiseReduction: { type: 'near_field' } }, output: { voice: 'cedar' } },
            providerData: { max_output_tokens: 9 },
          },
        },
      ],
    ]);
    expect(transport.status).toBe('connected');
    await transport.connect();
    expect(layer.asked).toHaveLength(1);
    transport.release();
    await expect(transport.connect()).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('refused ek_secret'))],
    [
      'throws',
      () => {
        throw new Error('refused ek_secret');
      },
    ],
  ])('a layer that %s fails the attempt and is closed, without the key in the message', async (_, connect) => {
    const layer = new Layer();
    layer.connect = connect;
    const { transport, ends } = call(layer);
    await expect(transport.connect()).rejects.toMatchObject({ code: 'network', message: 'refused …' });
    expect(layer.asked).toEqual([['close']]);
    expect(layer.listenerCount).toBe(0);
    expect(ends).toEqual([]);
    expect(transport.status).toBe('disconnected');
  });

  it('closes a layer that never connects when the attempt is aborted, and again if it connects later', async () => {
    let connected: () => void = () => undefined;
    const layer = new Layer({ connecting: new Promise((resolve) => (connected = resolve)) });
    const { transport, ends } = call(layer);
    const refused = expect(transport.connect()).rejects.toMatchObject({ code: 'aborted' });
    await settle();
    transport.release();
    await refused;
    expect(layer.asked.map(([name]) => name)).toEqual(['connect', 'close']);
    connected();
    await settle();
    expect(layer.asked.map(([name]) => name)).toEqual(['connect', 'close', 'close']);
    expect(layer.listenerCount).toBe(0);
    expect(ends).toEqual([]);
  });
});
