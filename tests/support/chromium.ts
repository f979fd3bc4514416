/** Selects and configures the browser of the tests: the system's Chromium if there is one, otherwise Playwright's. */
import { existsSync } from 'node:fs';

const SYSTEM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Path of the system's Chromium, if any. */
export const chromiumPath: string | undefined = SYSTEM.find((path) => existsSync(path));

/**
 * Browser features that tests do not need: the list below the address bar is a page with its own process in each new
 * window. Chromium uses only the last `--disable-features`, so Playwright's features are repeated here.
 */
const WITHOUT = [
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'LensOverlay',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'PreconnectToSearch',
];

/** Options of the fake microphone. */
export interface MicrophoneOptions {
  /** PCM WAV file played into the microphone once, starting when it opens; without it Chromium beeps. */
  readonly wav?: string;
  /** Repeats the WAV. Default false. */
  readonly loop?: boolean;
  /** `grant` (default) accepts the prompt immediately; `ask` leaves it to the test's permissions. */
  readonly permission?: 'grant' | 'ask';
  /** True if the browser must block audio before a user gesture. Default false. */
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
