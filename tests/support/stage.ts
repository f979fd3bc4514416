/** Where the states of `states.ts` are reached, and how to control its browser and key endpoint. */
import type { Locator, Page } from '@playwright/test';
import type { Site } from './site.js';

/** Where a state is reached. */
export interface Stage {
  readonly page: Page;
  readonly site: Site;
  readonly host: Locator;
}

/** A browser whose microphone behaves in a way that no test browser supports. */
export const microphone =
  (answer: 'waits' | 'NotAllowedError' | 'NotFoundError') =>
  async ({ page }: Stage): Promise<void> => {
    await page.addInitScript((how) => {
      const never = new Promise<MediaStream>(() => undefined);
      navigator.mediaDevices.getUserMedia = () => (how === 'waits' ? never : Promise.reject(new DOMException('', how)));
      const query = navigator.permissions.query.bind(navigator.permissions);
      navigator.permissions.query = (what) =>
        query(what).then((status) => Object.defineProperty(status, 'state', { value: 'prompt', configurable: true }));
    }, answer);
  };

/** A microphone whose track the test can access as `window.track`. */
export const reachTrack = async ({ page }: Stage): Promise<void> => {
  await page.addInitScript(() => {
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const stream = await ask(constraints);
      const [track] = stream.getAudioTracks();
      Object.defineProperty(track, 'label', { value: 'Headset' });
      Object.assign(window, { track });
      return stream;
    };
  });
};

/** A key endpoint with its own response. */
export const keyEndpoint =
  (answer: 'nonsense' | 'nothing') =>
  async ({ page }: Stage): Promise<void> => {
    await page.route('**/voice/token', (route) => (answer === 'nonsense' ? route.fulfill({ body: 'Welcome!' }) : route.abort('failed')));
  };
