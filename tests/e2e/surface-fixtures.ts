/**
 * Shared by the tests of the transport's surface: a call over each transport with continuous speech, its transport as
 * `window.transport`, and the events that reached the server. The tests cover every member of the Agents SDK's `OpenAIRealtimeBase`
 * on `element.session.transport`, as the server sees it: one test per member.
 */
import type { Page } from '@playwright/test';
import type { RecordedEvent, SandboxCall } from '../../src/sandbox/index.js';
import { chromiumLaunch } from '../support/chromium.js';
import { record } from '../support/spoken.js';
import type { Widget } from './fixtures.js';

// Speech without pauses, so that silence at the server can only come from muting.
const speech = await record('surface', ['One two three four five six seven eight nine ten eleven twelve.']);
export const speaking = { launchOptions: chromiumLaunch({ wav: speech.path, loop: true }) };

export const TRANSPORTS = ['webrtc', 'websocket'] as const;

export type Agent = HTMLElementTagNameMap['voice-agent'];
export type CallTransport = NonNullable<NonNullable<Agent['session']>['transport']>;

type Site = Parameters<Widget['open']>[0];

declare global {
  interface Window {
    transport: CallTransport;
    seen: unknown[];
  }
}

/** Opens a call whose server listens and answers only on request. */
export async function connect(
  widget: Widget,
  site: Site,
  transport: string,
  options: { readonly script?: string } = {},
): Promise<SandboxCall> {
  await widget.open(site, { attributes: { transport, 'turn-detection': 'none', open: true }, ...options });
  await widget.host.evaluate(async (agent: Agent) => {
    await agent.connect();
    Object.assign(window, { transport: agent.session?.transport, seen: [] });
  });
  return site.sandbox.nextCall();
}

/** Events from the client, without the initial settings and without the microphone audio of a WebSocket. */
export const sent = (call: SandboxCall, type?: string): RecordedEvent['event'][] =>
  call.events
    .filter(
      ({ direction, type: name }) => direction === 'in' && (type === undefined ? name !== 'input_audio_buffer.append' : name === type),
    )
    .slice(type === undefined ? 1 : 0)
    .map(({ event }) => event);

export const seen = (page: Page): Promise<unknown[]> => page.evaluate(() => window.seen);
