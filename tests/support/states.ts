/**
 * Every state of the widget, reached on a real page by its real cause: a click, a scripted answer, a server fault, a
 * browser rejection. Each lasts until the test continues: the page's clock is frozen and timers of a second or more are
 * held, so that no countdown runs, no wait becomes slow and no attempt times out meanwhile.
 */
import { expect } from '@playwright/test';
import type { Locator, Page } from '@playwright/test';
import type { SandboxCall } from '../../src/sandbox/index.js';
import { Dialogue } from './dialogue.js';
import type { Turn } from './dialogue.js';
import type { PageOptions, Site } from './site.js';
import { keyEndpoint, microphone, reachTrack } from './stage.js';
import type { Stage } from './stage.js';

/** A state: what the page needs before it opens, and the steps that lead to the state. */
export interface State {
  /** Attributes in addition to those of all pages. */
  readonly attributes?: Readonly<Record<string, string | true>>;
  /** The page's own script. */
  readonly script?: string;
  /** Timers of at least this many milliseconds never fire. Default 900. */
  readonly hold?: number;
  /** Runs before the page opens. */
  prepare?(stage: Stage): Promise<void> | void;
  reach(stage: Stage): Promise<void>;
}

/** The conversation in states that have a transcript. */
export const SAID: readonly Turn[] = [
  { role: 'assistant', text: 'Hello, this is Ada. How can I help you?' },
  { role: 'user', text: 'When does my parcel arrive? The number is 4711.' },
  { role: 'assistant', text: 'Parcel 4711 left the depot this morning. It arrives on Friday between nine and twelve.' },
];

const LONG: readonly Turn[] = Array.from({ length: 12 }, (_, index): Turn[] => [
  { role: 'user', text: `Question ${String(index + 1)}: what about the order from last week?` },
  { role: 'assistant', text: `Answer ${String(index + 1)}: it is on its way, and you get a message as soon as it is at your door.` },
]).flat();

const button = ({ host }: Stage, name: string): Locator => host.getByRole('button', { name, exact: true });
const launcher = ({ host }: Stage): Locator => host.locator('[part="launcher"]');

async function shows({ host }: Stage, words: string): Promise<void> {
  await expect(host.locator('[part="state"]')).toHaveText(words, { timeout: 30_000 });
}

/** Clicks the launcher and waits for a listening call. */
async function connect(stage: Stage, words = 'Listening'): Promise<SandboxCall> {
  await launcher(stage).click();
  const call = await stage.site.sandbox.nextCall({ timeoutMs: 30_000 });
  await shows(stage, words);
  return call;
}

/** A call with a conversation. */
async function talk(stage: Stage, turns = SAID): Promise<Dialogue> {
  const dialogue = new Dialogue(await connect(stage));
  dialogue.sendTurns(turns);
  await expect(stage.host.getByRole('log').getByText(turns.at(-1)?.text ?? '')).toBeVisible();
  await shows(stage, 'Listening');
  return dialogue;
}

async function fail(stage: Stage, words: string): Promise<void> {
  await launcher(stage).click();
  await shows(stage, words);
}

/** Tools that require approval, from the page and from a hosted server. */
const ASKING = `
const agent = document.querySelector('voice-agent');
agent.tools = [{ name: 'cancel_order', needsApproval: true, execute: () => 'cancelled' }];
agent.sessionConfig = { tools: [{ type: 'mcp', server_label: 'shop', server_url: 'https://mcp.example' }] };`;

/** A call in which the model requests a tool that needs approval. */
async function beAsked(stage: Stage, words: string): Promise<void> {
  await connect(stage);
  await stage.host.getByRole('textbox').fill(words);
  await button(stage, 'Send').click();
  await expect(button(stage, 'Allow')).toBeEnabled({ timeout: 30_000 });
  await shows(stage, 'Listening');
}

const floating = { placement: 'bottom-end' };

/** `mode="transcription"`, with a key for it: the site's own keys are for conversations. */
const captions = {
  attributes: { mode: 'transcription', heading: 'Notes' },
  prepare: async ({ page, site }: Stage): Promise<void> => {
    await page.route('**/voice/token', (route) => {
      const { value, expiresAt } = site.sandbox.mintKey({
        session: { type: 'transcription', audio: { input: { transcription: { model: 'gpt-transcribe' } } } },
      });
      return route.fulfill({ json: { value, expires_at: expiresAt } });
    });
  },
};

/** A call with transcribed text: finished lines, one that failed, and one in progress. */
async function dictate(stage: Stage): Promise<void> {
  const dialogue = new Dialogue(await connect(stage, 'Listening…'));
  dialogue.userSays('Good morning. This is the first of three sentences that are written down.');
  const failed = dialogue.userBegins();
  dialogue.userEnds(failed);
  dialogue.failToTranscribe(failed);
  dialogue.userSays('The parcel has the number 4711.');
  dialogue.writes(dialogue.userBegins(), 'It should arrive on Friday between');
  await expect(stage.host.getByText('It should arrive on Friday between')).toBeVisible();
  await shows(stage, 'Transcribing…');
}

/** All states by name. */
export const STATES = {
  'first visit, floating': { reach: () => Promise.resolve() },
  'first visit, inline': { attributes: { placement: 'inline' }, reach: () => Promise.resolve() },
  'panel open, idle': {
    attributes: { open: true },
    reach: (stage) => shows(stage, 'Ready when you are'),
  },
  'waiting for permission': {
    prepare: microphone('waits'),
    reach: (stage) => fail(stage, 'Allow the microphone'),
  },
  connecting: {
    prepare: ({ site }) => void site.sandbox.fault({ at: 'calls', fault: 'hang' }),
    reach: (stage) => fail(stage, 'Connecting…'),
  },
  slow: {
    hold: 2_500,
    prepare: ({ site }) => void site.sandbox.fault({ at: 'calls', fault: 'hang' }),
    reach: async (stage) => {
      await fail(stage, 'Connecting…');
      await expect(stage.host.getByText('This is taking longer than usual. Still trying.', { exact: true })).toBeVisible();
    },
  },
  listening: { reach: async (stage) => void (await connect(stage)) },
  'user speaking': {
    reach: async (stage) => {
      new Dialogue(await connect(stage)).userBegins();
      await shows(stage, 'You’re speaking');
    },
  },
  thinking: {
    reach: async (stage) => {
      const dialogue = await talk(stage);
      const id = dialogue.userBegins();
      dialogue.userEnds(id);
      dialogue.transcribe(id, 'Can it come earlier?');
      await shows(stage, 'Thinking…');
    },
  },
  speaking: {
    reach: async (stage) => {
      const dialogue = await talk(stage);
      dialogue.userSays('Can it come earlier?');
      dialogue.agentBegins('Let me see. I can ask the driver to');
      await shows(stage, 'Speaking');
    },
  },
  interrupted: {
    // The sandbox does not know an answer that only this test has sent.
    prepare: ({ site }) => void site.sandbox.fault({ at: 'client-event', type: 'conversation.item.retrieve', fault: 'ignore' }),
    reach: async (stage) => {
      const dialogue = await talk(stage);
      const words = 'Let me see. I can ask the driver to come on Thursday, if you are at home then.';
      const answer = dialogue.agentBegins(words);
      dialogue.agentIsMade(answer, words);
      await shows(stage, 'Speaking');
      await button(stage, 'Interrupt').click();
      await shows(stage, 'Interrupted');
      dialogue.agentIsCut(answer, 2_600);
      await expect(stage.host.getByText('Let me see. I can ask the driver to', { exact: true })).toBeVisible();
    },
  },
  muted: {
    reach: async (stage) => {
      await talk(stage);
      await button(stage, 'Mute').click();
      await shows(stage, 'Muted');
    },
  },
  'muted by the device': {
    prepare: reachTrack,
    reach: async (stage) => {
      await talk(stage);
      await stage.page.evaluate(() => {
        const { track } = window as unknown as { track: MediaStreamTrack };
        Object.defineProperty(track, 'muted', { value: true });
        track.dispatchEvent(new Event('mute'));
      });
      await shows(stage, 'Muted by your device');
    },
  },
  'microphone lost': {
    prepare: reachTrack,
    reach: async (stage) => {
      await talk(stage);
      await stage.page.evaluate(() => {
        const { track } = window as unknown as { track: MediaStreamTrack };
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'));
        track.stop();
        track.dispatchEvent(new Event('ended'));
      });
      await expect(stage.host.getByText('No sound from “Headset”.').first()).toBeVisible();
      await expect(stage.host.getByRole('status')).toContainText('Connect one');
    },
  },
  'another microphone': {
    prepare: reachTrack,
    reach: async (stage) => {
      await talk(stage);
      await stage.page.evaluate(() => {
        const { track } = window as unknown as { track: MediaStreamTrack };
        track.stop();
        track.dispatchEvent(new Event('ended'));
      });
      await expect(stage.host.getByRole('status')).toContainText('Now using');
    },
  },
  'sound blocked': {
    prepare: async ({ page }) => {
      await page.addInitScript(() => {
        HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException('', 'NotAllowedError'));
        // A browser that rejects `play()` does not autoplay either.
        Object.defineProperty(HTMLMediaElement.prototype, 'autoplay', { set: () => undefined });
      });
    },
    reach: async (stage) => void (await connect(stage, 'Sound is off')),
  },
  'text only': {
    reach: async (stage) => {
      await button(stage, 'Type instead').click();
      await shows(stage, 'Text only');
    },
  },
  'tool running': {
    script: `document.querySelector('voice-agent').tools = [{ name: 'find_parcel', execute: () => new Promise(() => {}) }];`,
    prepare: ({ site }) => site.sandbox.script({ replies: [{ items: [{ call: 'find_parcel', arguments: { number: 4711 } }] }] }),
    reach: async (stage) => {
      await connect(stage);
      await stage.host.getByRole('textbox').fill('Where is parcel 4711?');
      await button(stage, 'Send').click();
      await expect(stage.host.getByText(/Using.*find_parcel/)).toBeVisible();
      await shows(stage, 'Thinking…');
    },
  },
  'asked for approval': {
    script: ASKING,
    prepare: ({ site }) =>
      site.sandbox.script({
        mcp: { shop: {} },
        replies: [
          {
            items: [
              { call: 'cancel_order', arguments: { order: 4711, reason: 'It comes too late.', refund: { amount: 24.9, to: 'card' } } },
            ],
          },
        ],
      }),
    reach: (stage) => beAsked(stage, 'Cancel my order.'),
  },
  'asked by a hosted server': {
    script: ASKING,
    prepare: ({ site }) =>
      site.sandbox.script({
        mcp: { shop: { tools: [{ name: 'send_mail' }] } },
        replies: [
          {
            items: ['send_mail', 'send_mail', 'send_mail'].map((mcpApproval, index) => ({
              mcpApproval,
              server: 'shop',
              arguments: {
                to: 'ada@example.com',
                text: `${'A long letter, line after line, that nobody reads to its end. '.repeat(6)}${String(index)}`,
              },
            })),
          },
        ],
      }),
    reach: async (stage) => {
      await beAsked(stage, 'Write to Ada.');
      await expect(stage.host.getByText('2 more requests pending.')).toBeVisible();
    },
  },
  'long conversation': { reach: async (stage) => void (await talk(stage, LONG)) },
  'problem in a call': {
    reach: async (stage) => {
      (await talk(stage)).complain();
      await expect(stage.host.getByRole('alert')).toContainText('Something went wrong');
    },
  },
  'microphone denied': { prepare: microphone('NotAllowedError'), reach: (stage) => fail(stage, 'The microphone is blocked') },
  'microphone missing': { prepare: microphone('NotFoundError'), reach: (stage) => fail(stage, 'No microphone found') },
  'no network': { hold: 10_000, prepare: keyEndpoint('nothing'), reach: (stage) => fail(stage, 'No connection') },
  'rate limited': {
    prepare: ({ site }) => void site.sandbox.fault({ at: 'calls', fault: 'status', status: 429, headers: { 'retry-after': '30' } }),
    reach: async (stage) => {
      await fail(stage, 'All lines are busy');
      await expect(stage.host.getByRole('button', { name: /Try again\s+in \d+ s/ })).toBeVisible();
    },
  },
  'key malformed': { prepare: keyEndpoint('nonsense'), reach: (stage) => fail(stage, 'Calls are not set up correctly') },
  'offer rejected': {
    prepare: ({ site }) => void site.sandbox.fault({ at: 'calls', fault: 'status', status: 400 }),
    reach: (stage) => fail(stage, 'The call was refused'),
  },
  'connection lost': {
    reach: async (stage) => {
      await talk(stage);
      stage.site.sandbox.calls.at(-1)?.closeChannel();
      await shows(stage, 'The connection was lost');
    },
  },
  'part missing': {
    prepare: async ({ page }) => void (await page.route('**/chunks/panel-*', (route) => route.fulfill({ status: 404 }))),
    reach: async (stage) => {
      await launcher(stage).click();
      await expect(launcher(stage)).toHaveAccessibleName(/Reload page/);
    },
  },
  'out of sight': {
    attributes: { placement: 'inline' },
    reach: async (stage) => {
      await talk(stage);
      await stage.host.evaluate((agent) => agent.toggleAttribute('hidden', true));
      const bar = stage.page.locator('voice-agent-call-bar');
      await expect(bar.getByRole('button', { name: 'Mute' })).toHaveAttribute('aria-pressed', 'true');
      await expect(bar.getByRole('button', { name: 'End call' })).toBeVisible();
    },
  },
  ended: {
    reach: async (stage) => {
      await talk(stage);
      await button(stage, 'End call').click();
      await shows(stage, 'Call ended');
    },
  },
  'captions, first visit': { ...captions, reach: () => Promise.resolve() },
  'captions, listening': { ...captions, reach: async (stage) => void (await connect(stage, 'Listening…')) },
  captions: { ...captions, reach: dictate },
  'captions, ended': {
    ...captions,
    reach: async (stage) => {
      await dictate(stage);
      stage.site.sandbox.calls.at(-1)?.hangUp();
      await shows(stage, 'Stopped');
    },
  },
  'minimised in a call': {
    reach: async (stage) => {
      await talk(stage);
      await button(stage, 'Minimise').click();
      await expect(stage.host.locator('[part="open-button"]')).toContainText('On call');
    },
  },
} as const satisfies Record<string, State>;

/** Names of all states. */
export type StateName = keyof typeof STATES;

/** Opens a page and brings its widget into a state. */
export async function arrive(page: Page, site: Site, name: StateName, options: PageOptions = {}): Promise<Stage> {
  const state: State = STATES[name];
  const stage = { page, site, host: page.locator('voice-agent') };
  await page.addInitScript((hold) => {
    const start = window.setTimeout.bind(window);
    const held = (run: TimerHandler, wait = 0, ...rest: unknown[]): number => start(run, wait >= hold ? 2 ** 31 - 1 : wait, ...rest);
    Object.defineProperty(window, 'setTimeout', { value: held, writable: true, configurable: true });
    const now = performance.now();
    performance.now = () => now;
  }, state.hold ?? 900);
  await state.prepare?.(stage);
  await page.goto(
    site.page({
      ...(state.script === undefined ? {} : { script: state.script }),
      ...options,
      attributes: { heading: 'Ask Ada', ...floating, ...state.attributes, ...options.attributes },
    }),
  );
  await expect(stage.host).toHaveJSProperty('state', 'idle');
  await state.reach(stage);
  return stage;
}
