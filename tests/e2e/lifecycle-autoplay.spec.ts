/** If the browser blocks sound before a gesture, the widget offers a button that turns it on. */
import { chromiumLaunch } from '../support/chromium.js';
import { HEARD_LIVE, findWords } from '../support/sound-match.js';
import { record, silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const room = await silentRoom();
const words = await record('autoplay', ['Now you can hear what I say to you.']);
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true, autoplayNeedsGesture: true }), trace: 'off' });

// Chromium allows sound in pages that capture a microphone; a text-only call is blocked. The page reports it on the console,
// because the browser treats everything that the test tool evaluates, and a trace, as a gesture.
const script = `
const agent = document.querySelector('voice-agent');
const voice = agent.audioElement = new Audio();
voice.play = () => {
  const playing = HTMLAudioElement.prototype.play.call(voice);
  playing.catch((error) => console.info('refused', error.name));
  return playing;
};
agent.open = true;
customElements.whenDefined('voice-agent').then(() => agent.updateComplete).then(() => agent.connect({ microphone: false }));`;

type Agent = HTMLElementTagNameMap['voice-agent'];

test('"Tap to hear" turns the sound on', async ({ page, widget, site, tape }) => {
  site.sandbox.script({ replies: [{ items: [{ say: 'Now you can hear what I say to you.', pcm: words.samples }] }] });
  const refused = page.waitForEvent('console', (message) => message.text() === 'refused NotAllowedError');
  await page.goto(site.page({ script }));
  await refused;
  await widget.reaches('connected');
  const playing = () =>
    widget.host.evaluate((agent: Agent) => ({ paused: agent.audioElement?.paused, time: agent.audioElement?.currentTime }));
  await expect(widget.button('Tap to hear')).toBeVisible();
  expect(await playing()).toEqual({ paused: true, time: 0 });

  await widget.button('Tap to hear').click();
  await expect(widget.button('Tap to hear')).toBeHidden();
  await tape.listen();
  const since = Date.now();
  await widget.say('Say it.');
  await tape.sound(since);
  await widget.reaches('listening');
  await expect.poll(async () => findWords(await tape.samples(since), words.samples).score).toBeGreaterThan(HEARD_LIVE);
  const { paused, time } = await playing();
  expect(paused).toBe(false);
  expect(time).toBeGreaterThan(1);
});
