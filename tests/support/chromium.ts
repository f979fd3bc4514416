/** Which browser the tests start, and how: a system Chromium where there is one, Playwright's own otherwise. */
import { existsSync } from 'node:fs';

const SYSTEM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Path of the system's Chromium, if any. */
export const chromiumPath: string | undefined = SYSTEM.find((path) => existsSync(path));

/**
 * Features of the browser's own window that a test does not need: the list under its address bar is a page of its own, with a process of
 * its own, in each new window. Chromium follows only the last `--disable-features`, so Playwright's are repeated here.
 */
const WITHOUT = [
  'WebUIOmniboxPopup', 'WebUIOmniboxAimPopup',
  'AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'HttpsUpgrades', 'HttpsFirstBalancedModeAutoEnable', 'LensOverlay', 'MediaRouter',
  'PaintHolding', 'ThirdPartyStoragePartitioning', 'AvoidCorsURLLoaderRestartOnRedirect', 'OptimizationHints', 'NetworkTimeServiceQuerying', 'AimEnabled',
  'PreconnectToSearch',
];

/** What the fake microphone does. */
export interface MicrophoneOptions {
  /** PCM WAV that is spoken into the microphone once, from the moment it opens; without it Chromium beeps. */
  readonly wav?: string;
  /** Repeats the WAV. Default false. */
  readonly loop?: boolean;
  /** `grant` (default) accepts the prompt at once; `ask` leaves it to the test's permissions. */
  readonly permission?: 'grant' | 'ask';
  /** True where the browser is to refuse sound before a gesture. Default false. */
  readonly autoplayNeedsGesture?: boolean;
}

/** Launch options with a fake microphone and WebRTC over loopback. */
export function chromiumLaunch(microphone: MicrophoneOptions = {}): { executablePath?: string; args: string[] } {
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--use-fake-device-for-media-stream',
    '--allow-loopback-in-peer-connection',
    '--font-render-hinting=none',
    '--force-color-profile=srgb',
    `--disable-features=${WITHOUT.join()}`,
  ];
  if ((microphone.permission ?? 'grant') === 'grant') args.push('--use-fake-ui-for-media-stream');
  if (!microphone.autoplayNeedsGesture) args.push('--autoplay-policy=no-user-gesture-required');
  if (microphone.wav) args.push(`--use-file-for-fake-audio-capture=${microphone.wav}${microphone.loop ? '' : '%noloop'}`);
  return { ...(chromiumPath ? { executablePath: chromiumPath } : {}), args };
}
