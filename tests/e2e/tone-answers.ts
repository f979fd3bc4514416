/** Answers that cannot be taken for each other, a low tone and a high one, and a call in which a long one sounds. */
import type { SandboxCall, ScriptedReply } from '../../src/sandbox/index.js';
import { toneLevel } from '../support/sound-match.js';
import type { PageOptions, Site } from '../support/site.js';
import type { Recorded, Tape } from '../support/sound-tape.js';
import type { Widget } from './fixtures.js';

/** Hertz. */
export const LOW = 440;
export const HIGH = 1_000;

/** The words of the long answer. */
export const LONG = 'This answer goes on and on until somebody stops it because it has so very many words to say.';

/** An answer of this pitch in hertz and length in milliseconds. */
export const tone = (say: string, hz: number, ms: number): ScriptedReply => ({ items: [{ say, tone: { hz, ms } }] });

/** The long answer in the low tone, and the next in the high one. */
export const longThenNext = (ms: number): ScriptedReply[] => [tone(LONG, LOW, ms), tone('And this is the next one.', HIGH, 1_500)];

/** Whether this pitch is in what was played. */
export const holds =
  (hz: number) =>
  ({ frame }: Recorded): boolean =>
    toneLevel(frame, hz) > -40;

/** Whether it is the low answer that was played: at its edges, and where packets are missing, the high tone has all pitches a little. */
export const holdsLow = (played: Recorded): boolean => holds(LOW)(played) && !holds(HIGH)(played);

/** Opens a call by this button, types a turn, and waits for the first sound of the answer: when it began. */
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
