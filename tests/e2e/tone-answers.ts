/** Distinguishable answers, a low tone and a high one, and a call in which a long one plays. */
import type { SandboxCall, ScriptedReply } from '../../src/sandbox/index.js';
import { toneLevel } from '../support/sound-match.js';
import type { PageOptions, Site } from '../support/site.js';
import type { Recorded, Tape } from '../support/sound-tape.js';
import type { Widget } from './fixtures.js';

/** Hertz. */
export const LOW = 440;
export const HIGH = 1_000;

/** The text of the long answer. */
export const LONG = 'This answer goes on and on until somebody stops it because it has so very many words to say.';

/** An answer with this pitch in hertz and this length in milliseconds. */
export const tone = (say: string, hz: number, ms: number): ScriptedReply => ({ items: [{ say, tone: { hz, ms } }] });

/** The long answer in the low tone, and the next one in the high tone. */
export const longThenNext = (ms: number): ScriptedReply[] => [tone(LONG, LOW, ms), tone('And this is the next one.', HIGH, 1_500)];

/** Whether the recording contains this pitch. */
export const holds =
  (hz: number) =>
  ({ frame }: Recorded): boolean =>
    toneLevel(frame, hz) > -40;

/** Whether the low answer was played: at its edges and at lost packets, the high tone contains some of every pitch. */
export const holdsLow = (played: Recorded): boolean => holds(LOW)(played) && !holds(HIGH)(played);

/** Opens a call with this button, sends a typed turn, and waits for the first sound of the answer: returns when it began. */
export async function untilItSounds(
  { widget, site, tape }: { readonly widget: Widget; readonly site: Site; readonly tape: Tape },
  options: PageOptions = {},
  button = 'Start talking',
): Promise<{ readonly call: SandboxCall; readonly began: number }> {
  await widget.open(site, options);
  await tape.listen();
  await widget.button(button).click();
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  await widget.say('Go on.');
  return { call, began: await tape.sound() };
}
