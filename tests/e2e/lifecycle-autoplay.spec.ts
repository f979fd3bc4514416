/** A browser that refuses sound before a gesture: the widget says so, and one tap makes it heard. */
import { chromiumLaunch } from '../support/chromium.js';
import { HEARD_LIVE, findWords } from '../support/sound-match.js';
import { record, silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const room = await silentRoom();
const words = await record('autoplay', ['Now you can hear what I say to you.']);
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true, autoplayNeedsGesture: true }), trace: 'off' });

// Chromium lets pages sound that listen to a microphone; a call by text alone is refused. Told by the console, because to
// the browser whatever the test tool evaluates in a page is a gesture (so is a trace).
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
