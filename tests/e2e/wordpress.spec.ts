/** WordPress: from the plug-in's archive to a heard answer, as a site owner does it, through the plug-in's own call route. */
import { chromiumLaunch } from '../support/chromium.js';
import { record } from '../support/spoken.js';
import { PLUGIN_ZIP } from '../support/wordpress-site.js';
import { expect, logIn, test } from './wordpress-fixtures.js';

const spoken = await record('wordpress', [2_000, 'The quick brown fox jumps over the lazy dog.', 60_000]);
test.use({ launchOptions: chromiumLaunch({ wav: spoken.path }) });

test('a site owner installs the archive and hears an answer in six steps', async ({ page, wordpress, site, widget, tape }) => {
  await logIn(page, wordpress, 'admin');
  await page.goto(`${wordpress.url}/wp-admin/plugin-install.php?tab=upload`);
  const steps: string[] = [];
  const step = (name: string, act: () => Promise<void>): Promise<void> => test.step(name, act).then(() => void steps.push(name));

  await step('upload the archive', async () => {
    await page.getByLabel('Plugin zip file').setInputFiles(PLUGIN_ZIP);
    await page.getByRole('button', { name: 'Install Now' }).click();
    await expect(page.getByText('Plugin installed successfully.')).toBeVisible();
  });
  await step('activate it', () => page.getByRole('link', { name: 'Activate Plugin' }).click());
  await step('open its settings', () => page.getByRole('link', { name: 'Set up Voice Agent' }).click());
  await step('enter the key, show the button on all pages, save', async () => {
    await page.getByLabel('API key').fill('sk-sandbox-wordpress');
    await page.getByLabel('Show a floating button on the whole site').check();
    await page.getByRole('button', { name: 'Save Changes' }).click();
    await expect(page.getByText('Settings saved.')).toBeVisible();
  });
  await step('open the site', async () => {
    await page.goto(wordpress.url);
    await expect(widget.host).toHaveJSProperty('state', 'idle');
  });
  await tape.listen();
  const pressed = Date.now();
  await step('press the button and speak', () => widget.button('Start talking').click());
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  await widget.reaches('user-speaking');
  await widget.reaches('speaking');
  expect(await tape.sound(pressed), 'time of the first sound').toBeGreaterThan(pressed);
  await expect(widget.transcript.getByText(/I heard you/)).toBeVisible();
  await widget.button('End call').click();
  await widget.reaches('disconnected');
  await call.ended;
  expect(steps.length).toBeLessThanOrEqual(6);

  await test.step('the key is in no page and not readable in the database', async () => {
    await page.goto(`${wordpress.url}/wp-admin/options-general.php?page=voice-agent`);
    await expect(page.getByText('A key is stored.')).toBeVisible();
    expect(await page.content()).not.toContain('sk-sandbox');
    const stored = "SELECT COUNT(*) FROM {$wpdb->options} WHERE option_value LIKE '%sk-sandbox%'";
    expect(await wordpress.php<string>(`global $wpdb; return $wpdb->get_var( "${stored}" );`)).toBe('0');
  });
  await test.step('the connection test reports success, and a wrong key', async () => {
    await page.getByRole('button', { name: 'Test the connection' }).click();
    await expect(page.getByText('The connection works.')).toBeVisible();
    await page.getByLabel('API key').fill('sk-wrong-key-1234');
    await page.getByRole('button', { name: 'Save Changes' }).click();
    await page.getByRole('button', { name: 'Test the connection' }).click();
    await expect(page.getByText('The voice service does not accept the API key.')).toBeVisible();
    await expect(page.getByText(/At most about 10\.00 US dollars a day/)).toBeVisible();
  });
  await test.step('the place is free again', async () => {
    expect(await wordpress.php<unknown[]>('return VoiceAgent\\Live_Calls::all();')).toEqual([]);
  });
});
