/** `mode="transcription"`: what a visitor says becomes lines of text, over each transport, with real sound and no answers. */
import { chromiumLaunch } from '../support/chromium.js';
import type { RecordedEvent, SandboxCall } from '../../src/sandbox/index.js';
import { NOTHING } from '../support/census.js';
import { startSite } from '../support/site.js';
import type { Site } from '../support/site.js';
import { record } from '../support/spoken.js';
import { expect, test as base } from './fixtures.js';
import type { Widget } from './fixtures.js';

const spoken = await record('captions', [2_500, 'The quick brown fox jumps over the lazy dog.', 2_000, 'And then it sleeps.', 2_000, 'Good night to everybody.', 60_000]);

/** A site whose keys are for transcriptions. */
const test = base.extend<object, { site: Site }>({
  site: [
    async ({}, use) => {
      const site = await startSite({ session: { type: 'transcription', transcription: { model: 'gpt-transcribe' } } });
      await use(site);
      await site.close();
    },
    { scope: 'worker' },
  ],
});

test.use({ launchOptions: chromiumLaunch({ wav: spoken.path }), contextOptions: { permissions: ['microphone', 'clipboard-read', 'clipboard-write'] } });

const TRANSCRIPTS = [
  { text: 'The quick brown fox jumps over the lazy dog.', deltas: ['The quick brown fox ', 'jumps over ', 'the lazy dog.'] },
  'And then it sleeps.',
  'Good night to everybody.',
];
const fromClient = (call: SandboxCall): RecordedEvent[] => call.events.filter(({ direction }) => direction === 'in');
const typesFromClient = (call: SandboxCall): string[] => fromClient(call).map(({ type }) => type).filter((type) => type !== 'input_audio_buffer.append');
const lines = (widget: Widget) => widget.host.locator('[part~="user-message"] p');

for (const transport of ['webrtc'] as const) {
  test.describe(transport, () => {
    const attributes = { mode: 'transcription', transport, placement: 'bottom-end', heading: 'Notes' };

    test('each sentence becomes a line and one message; nothing is answered; the text can be copied and cleared', async ({ page, widget, site, fired, census }) => {
      site.sandbox.script({ transcripts: TRANSCRIPTS });
      await widget.open(site, { attributes });
      await expect(widget.button('Type instead')).toHaveCount(0);
      await widget.button(/Notes/).click();
      await widget.reaches('connected');
      const call = await site.sandbox.nextCall();
      expect(call.kind).toBe(transport);
      await widget.reaches('user-speaking');
      await expect(widget.host.locator('[part="state"]')).toHaveText('Writing down…');
      for (const [index, words] of ['The quick brown fox jumps over the lazy dog.', 'And then it sleeps.', 'Good night to everybody.'].entries()) {
        await expect(lines(widget).nth(index)).toHaveText(words, { timeout: 30_000 });
      }
      expect(typesFromClient(call)).toEqual(['session.update']);
      expect(fromClient(call)[0]?.event['session']).toEqual({ type: 'transcription' });
      expect(call.sessionConfig).toMatchObject({ type: 'transcription', audio: { input: { transcription: { model: 'gpt-transcribe' } } } });
      expect((await fired.of('voice-agent-message')).map(({ message }) => [message.role, message.text])).toEqual(
        ['The quick brown fox jumps over the lazy dog.', 'And then it sleeps.', 'Good night to everybody.'].map((text) => ['user', text]),
      );
      expect((await fired.of('voice-agent-activity-change')).map(({ activity }) => activity)).not.toContain('thinking');
      for (const absent of ['Interrupt', 'Send']) await expect(widget.button(absent)).toHaveCount(0);
      await expect(widget.host.getByRole('textbox')).toHaveCount(0);

      await widget.button('Copy').click();
      await expect(widget.host.getByText('Copied.')).toBeVisible();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('The quick brown fox jumps over the lazy dog.\nAnd then it sleeps.\nGood night to everybody.');
      await widget.button('Clear').click();
      await expect(lines(widget)).toHaveCount(0);
      await expect(widget.host.getByText('What you say appears here.')).toBeVisible();
      await expect(widget.host.getByText('Cleared.')).toHaveCount(0);

      await widget.button('Stop').click();
      await widget.reaches('disconnected');
      await expect(widget.host.locator('[part="state"]')).toHaveText('Stopped');
      expect(await call.ended).toBe('client-closed');
      expect(await census.settled()).toEqual(NOTHING);
    });
  });
}
