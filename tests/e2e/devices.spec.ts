/** Microphones and speakers that stop during a call: recovered automatically if the browser allows it, otherwise with one press. */
import type { Page } from '@playwright/test';
import { enPanel } from '../../src/i18n/en-panel.js';
import type { SandboxCall } from '../../src/sandbox/index.js';
import { NOTHING } from '../support/resource-probe.js';
import { chromiumLaunch } from '../support/chromium.js';
import { hummingRoom } from '../support/spoken.js';
import { expect, expectFailure, expectRetryWorks, test } from './fault-fixtures.js';
import type { Site, Widget } from './fault-fixtures.js';

const room = await hummingRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

type Agent = HTMLElementTagNameMap['voice-agent'];

declare global {
  interface Window {
    devices: {
      /** Every track that `getUserMedia` returned. */
      tracks: MediaStreamTrack[];
      /** Name of the error with which `getUserMedia` fails; `hang`: it never settles. */
      fault: string | undefined;
      /** Disconnects the device, with the events that Firefox fires. */
      unplug(): void;
      contexts: AudioContext[];
      players: HTMLMediaElement[];
    };
  }
}

/** Devices that a test can disconnect. Call before the page opens. */
const install = async (page: Page): Promise<void> => {
  await page.addInitScript(() => {
    const devices: Window['devices'] = (window.devices = {
      tracks: [],
      fault: undefined,
      unplug() {
        const track = devices.tracks.at(-1);
        track?.stop();
        track?.dispatchEvent(new Event('ended'));
        navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
      },
      contexts: [],
      players: [],
    });
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      if (devices.fault === 'hang') return new Promise(() => undefined);
      if (devices.fault) throw new DOMException('', devices.fault);
      const stream = await ask(constraints);
      devices.tracks.push(...stream.getAudioTracks());
      return stream;
    };
    window.AudioContext = class extends AudioContext {
      constructor(options?: AudioContextOptions) {
        super(options);
        devices.contexts.push(this);
      }
    };
    const play = HTMLMediaElement.prototype.play;
    HTMLMediaElement.prototype.play = function (this: HTMLMediaElement) {
      if (!devices.players.includes(this)) devices.players.push(this);
      return play.call(this);
    };
  });
};

async function talk(widget: Widget, site: Site, attributes: Readonly<Record<string, string | boolean>> = {}): Promise<SandboxCall> {
  await widget.page.context().grantPermissions(['microphone']);
  await install(widget.page);
  await widget.open(site, { attributes: { 'turn-detection': 'none', placement: 'bottom-end', ...attributes } });
  await widget.button(/Start talking|Talk to us/).click();
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  await heard(call, 0);
  return call;
}

/** Waits until the server hears the humming room after this time. */
const heard = (call: SandboxCall, since: number) =>
  expect.poll(() => call.inputLevel({ since }), { timeout: 30_000, intervals: [50] }).toBeGreaterThan(-100);

const microphone = (widget: Widget): Promise<string | undefined> =>
  widget.host.evaluate(({ session }: Agent) => (session?.status.state === 'connected' ? session.status.microphone : undefined));
const blocked = (widget: Widget): Promise<boolean> =>
  widget.host.evaluate(({ session }: Agent) => session?.status.state === 'connected' && session.status.soundBlocked);
const set = (page: Page, fault?: string): Promise<void> => page.evaluate((name) => void (window.devices.fault = name), fault);

for (const transport of ['webrtc', 'websocket'] as const) {
  test.describe(transport, () => {
    test('a lost microphone is replaced by another one, and the server hears it', async ({ widget, site, cleanup }) => {
      const call = await talk(widget, site, { transport });
      await widget.page.evaluate(() => window.devices.unplug());
      await expect.poll(() => microphone(widget)).toBe('live');
      await heard(call, Date.now());
      await expect(widget.host.getByRole('status')).toContainText('Now using');
      expect(await widget.page.evaluate(() => window.devices.tracks.map(({ readyState }) => readyState))).toEqual(['ended', 'live']);
      expect(await cleanup.errors()).toEqual([]);
    });

    test('without another microphone the panel opens, and one press uses the next one, still muted', async ({ widget, site }) => {
      const { page } = widget;
      const call = await talk(widget, site, { transport });
      await widget.button('Mute').click();
      await widget.button('Minimise').click();
      await set(page, 'NotFoundError');
      await page.evaluate(() => window.devices.unplug());
      await expect(widget.button('Reconnect microphone')).toBeVisible();
      await expect(widget.host.getByText('Microphone lost', { exact: true })).toBeVisible();
      await expect(widget.host.getByRole('status')).toContainText(enPanel.errors.mic_missing.detail);
      await set(page);
      await widget.button('Reconnect microphone').click();
      await expect.poll(() => microphone(widget)).toBe('muted');
      await expect(widget.button('Reconnect microphone')).toBeHidden();
      await widget.button('Mute').click();
      await heard(call, Date.now());
    });

    test('a microphone lost during reconnection is replaced in the new connection', async ({ widget, site }) => {
      const first = await talk(widget, site, { transport, reconnect: true });
      const slow = site.sandbox.fault({ at: 'client_secrets', fault: 'delay', ms: 500 });
      first.closeChannel();
      await widget.reaches('reconnecting');
      await widget.page.evaluate(() => window.devices.unplug());
      await widget.reaches('connected');
      slow.remove();
      const second = await site.sandbox.nextCall();
      await expect.poll(() => microphone(widget)).toBe('live');
      await heard(second, Date.now());
    });

    test('hanging up while waiting for a device releases everything', async ({ widget, site, resources }) => {
      await talk(widget, site, { transport });
      await set(widget.page, 'hang');
      await widget.page.evaluate(() => window.devices.unplug());
      await expect.poll(() => microphone(widget)).toBe('lost');
      await widget.button('End call').click();
      await widget.reaches('disconnected');
      expect(await resources.settled()).toEqual(NOTHING);
    });

    test('paused playback resumes, and if it is blocked, the widget offers a button', async ({ widget, site }) => {
      const { page } = widget;
      await talk(widget, site, { transport });
      const paused = (): Promise<boolean | undefined> => page.evaluate(() => window.devices.players.at(-1)?.paused);
      await page.evaluate(() => window.devices.players.at(-1)?.pause());
      await expect.poll(paused).toBe(false);
      expect(await blocked(widget)).toBe(false);
      await page.evaluate(() => {
        const player = window.devices.players.at(-1) as HTMLMediaElement;
        player.play = () => Promise.reject(new DOMException('', 'NotAllowedError'));
        player.pause();
      });
      await expect(widget.host.getByText(enPanel.soundBlocked.title, { exact: true })).toBeVisible();
      await page.evaluate(() => Reflect.deleteProperty(window.devices.players.at(-1) as object, 'play'));
      await widget.button('Tap to hear').click();
      await expect.poll(paused).toBe(false);
      await expect(widget.button('Tap to hear')).toBeHidden();
    });
  });
}

test('WebSocket: suspended audio contexts resume, and the server still hears the visitor', async ({ widget, site }) => {
  const call = await talk(widget, site, { transport: 'websocket' });
  await widget.page.evaluate(() => Promise.all(window.devices.contexts.map((context) => context.suspend())));
  await expect.poll(() => widget.page.evaluate(() => window.devices.contexts.every(({ state }) => state === 'running'))).toBe(true);
  await heard(call, Date.now());
});

test('WebSocket: audio contexts that cannot resume are reported within 2 s, and any press in the widget resumes them', async ({
  widget,
  site,
}) => {
  const { page } = widget;
  const call = await talk(widget, site, { transport: 'websocket' });
  await page.evaluate(() => {
    AudioContext.prototype.resume = () => new Promise(() => undefined);
    return Promise.all(window.devices.contexts.map((context) => context.suspend()));
  });
  const since = Date.now();
  await expect(widget.button('Tap to hear')).toBeVisible({ timeout: 2_000 });
  expect(Date.now() - since).toBeLessThan(2_000);
  await expect(widget.host.getByRole('status')).toContainText(enPanel.soundSuspended);
  expect(await microphone(widget)).toBe('suspended');
  await page.evaluate(() => void Reflect.deleteProperty(AudioContext.prototype, 'resume'));
  await widget.field.click();
  await expect.poll(() => microphone(widget)).toBe('live');
  await expect(widget.button('Tap to hear')).toBeHidden();
  await heard(call, Date.now());
});

test('WebSocket: audio contexts that never start are reported within 2 s of the connection', async ({ widget, site }) => {
  const { page } = widget;
  await page.context().grantPermissions(['microphone']);
  await page.addInitScript(() => {
    const { resume } = AudioContext.prototype;
    AudioContext.prototype.resume = () => new Promise(() => undefined);
    window.AudioContext = class extends AudioContext {
      constructor(options?: AudioContextOptions) {
        super(options);
        void this.suspend();
      }
    };
    addEventListener('let-sound-run', () => (AudioContext.prototype.resume = resume));
  });
  await widget.open(site, { attributes: { transport: 'websocket', placement: 'bottom-end' } });
  await widget.button(/Talk to us/).click();
  await widget.reaches('connected');
  await expect(widget.button('Tap to hear')).toBeVisible({ timeout: 2_000 });
  await page.evaluate(() => dispatchEvent(new Event('let-sound-run')));
  await widget.button('Tap to hear').click();
  await expect.poll(() => microphone(widget)).toBe('live');
});

test('a microphone that is allowed but does not respond is reported, and works after a retry', async ({ widget, site, cleanup }) => {
  await widget.page.context().grantPermissions(['microphone']);
  await install(widget.page);
  await widget.page.addInitScript(() => (window.devices.fault = 'hang'));
  await widget.open(site, { attributes: { timeout: '3000' } });
  await widget.button('Start talking').click();
  await expectFailure(widget, cleanup, 'mic_unresponsive');
  await expect(widget.button('Type instead')).toBeVisible();
  await set(widget.page);
  await expectRetryWorks(widget);
});

test('a page’s ended media stream is replaced by the next stream that the page sets', async ({ widget, site }) => {
  await widget.page.context().grantPermissions(['microphone']);
  await install(widget.page);
  await widget.open(site, { attributes: { 'turn-detection': 'none', placement: 'bottom-end' } });
  const bring = (): Promise<void> =>
    widget.host.evaluate(async (agent: Agent) => void (agent.mediaStream = await navigator.mediaDevices.getUserMedia({ audio: true })));
  await bring();
  await widget.button(/Talk to us/).click();
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  await widget.page.evaluate(() => window.devices.unplug());
  await expect(widget.host.getByRole('status')).toContainText(enPanel.microphoneOfPage);
  await expect(widget.button('Reconnect microphone')).toHaveCount(0);
  await bring();
  await expect.poll(() => microphone(widget)).toBe('live');
  await heard(call, Date.now());
  await widget.button('End call').click();
  await widget.reaches('disconnected');
  expect(
    await widget.page.evaluate(() => window.devices.tracks.map(({ readyState }) => readyState)),
    'the page’s track is not stopped',
  ).toEqual(['ended', 'live']);
});
