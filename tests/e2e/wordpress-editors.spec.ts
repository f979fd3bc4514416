/** WordPress: the block and the shortcode in each editor, as an author, and what visitors and roles see. */
// cspell:ignore Schlüssel Höchstens etwa Besucher sehen Sprachagent Seiten dieser können Anrufe beginnen
import type { Frame, Locator, Page } from '@playwright/test';
import { expect, logIn, test } from './wordpress-fixtures.js';

interface EditorWindow {
  wp: {
    data: {
      dispatch(store: string): Record<string, (...values: unknown[]) => Promise<unknown>>;
      select(store: string): Record<string, (...values: unknown[]) => unknown>;
    };
    blocks: { createBlock(name: string, attributes?: object): object };
  };
}

test.beforeAll(async ({ wordpress }) => {
  await wordpress.installPlugin();
  await wordpress.php(`VoiceAgent\\Secrets::store( 'api_key', 'sk-sandbox-wordpress' );
    // The classic editor, as its plug-in enables it.
    wp_mkdir_p( WPMU_PLUGIN_DIR );
    file_put_contents( WPMU_PLUGIN_DIR . '/classic.php', '<?php add_filter( "use_block_editor_for_post", function () { return empty( $_REQUEST["classic"] ); } );
      // A language of the site without the translations of WordPress, which are not installed.
      add_filter( "locale", function ( $locale ) { return get_option( "test_locale", $locale ); } );' );`);
});

/** Changes settings, with defaults for the others. */
const configure = (php: (code: string) => Promise<unknown>, settings: object): Promise<unknown> =>
  php(`update_option( 'voice_agent_settings', VoiceAgent\\Settings::sanitize( json_decode( '${JSON.stringify(settings)}', true ) ) );`);

/** Adds the block to the post that is open. */
const insertBlock = (page: Page): Promise<unknown> =>
  page.evaluate(async () => {
    const { wp } = window as unknown as EditorWindow;
    await wp.data.dispatch('core/preferences')['set']?.('core/edit-post', 'welcomeGuide', false);
    await wp.data.dispatch('core/preferences')['set']?.('core/edit-site', 'welcomeGuide', false);
    const block = wp.blocks.createBlock('voice-agent/voice-agent');
    await wp.data.dispatch('core/block-editor')['insertBlocks']?.([block]);
  });

/** The preview is the real widget, and cannot start a call. */
async function expectPreview(place: Page | Frame, name: string): Promise<void> {
  const preview: Locator = place.locator('.voice-agent-preview voice-agent');
  await expect(preview).toHaveJSProperty('state', 'idle');
  await expect(preview).toHaveJSProperty('disabled', true);
  await expect(preview.locator('voice-agent-launcher')).toContainText(name);
}

test('an author adds the block in the block editor, sees it, publishes it, and visitors can call', async ({ page, wordpress, browser }) => {
  await configure(wordpress.php, { agents: [{ name: 'default', heading: 'Ask Ada' }] });
  await logIn(page, wordpress, 'author');
  await page.goto(`${wordpress.url}/wp-admin/post-new.php`);
  await insertBlock(page);
  await expectPreview(page, 'Ask Ada');
  await page.getByLabel('Name that visitors see').fill('Ask Grace');
  await expectPreview(page, 'Ask Grace');
  const link = await page.evaluate(async () => {
    const { wp } = window as unknown as EditorWindow;
    const editor = wp.data.dispatch('core/editor');
    await editor['editPost']?.({ title: 'By the block', status: 'publish' });
    await editor['savePost']?.();
    return wp.data.select('core/editor')['getPermalink']?.() as string;
  });
  const visitor = await (await browser.newContext()).newPage();
  await visitor.goto(link);
  const tag = visitor.locator('voice-agent');
  await expect(tag).toHaveJSProperty('state', 'idle');
  await expect(tag.getByRole('button', { name: 'Start talking' })).toBeVisible();
  await expect(tag).toHaveAttribute('heading', 'Ask Grace');
  await visitor.context().close();
  // The block is valid after a reload.
  await page.goto(`${wordpress.url}/wp-admin/edit.php`);
  await page.getByRole('link', { name: '“By the block” (Edit)' }).click();
  await expectPreview(page, 'Ask Grace');
  await expect(page.getByText('This block contains unexpected or invalid content')).toHaveCount(0);
});

test('an author writes the shortcode in the classic editor, with its visual tab', async ({ page, wordpress, widget }) => {
  await configure(wordpress.php, {});
  await logIn(page, wordpress, 'author');
  await page.goto(`${wordpress.url}/wp-admin/post-new.php?classic=1`);
  await page.getByLabel('Add title').fill('By the shortcode');
  const text = page.frameLocator('#content_ifr').locator('body');
  await text.click();
  await page.keyboard.type('Before.\n[voice_agent heading="Ask Ada" placement="inline"]\nAfter.');
  await page.locator('#content-html').click();
  await page.locator('#content-tmce').click();
  await page.locator('#title').evaluate((field: HTMLInputElement) => {
    // Otherwise the post is opened in the block editor.
    field.form?.insertAdjacentHTML('beforeend', '<input type="hidden" name="classic" value="1">');
  });
  await page.locator('#publish').click();
  await page.waitForURL(/post\.php|edit\.php/);
  const link = await wordpress.php<string>("return get_permalink( get_page_by_path( 'by-the-shortcode', OBJECT, 'post' ) );");
  await page.goto(link);
  await expect(widget.host).toHaveJSProperty('state', 'idle');
  await expect(widget.host).toHaveAttribute('heading', 'Ask Ada');
  expect(await widget.host.evaluate((tag) => tag.parentElement?.tagName)).not.toBe('P');
});

test('the site editor shows the block in its iframe', async ({ page, wordpress }) => {
  await configure(wordpress.php, { agents: [{ name: 'default', heading: 'Ask Ada' }] });
  await logIn(page, wordpress, 'admin');
  await page.goto(
    `${wordpress.url}/wp-admin/site-editor.php?postType=wp_template&postId=${encodeURIComponent('twentytwentythree//index')}`,
  );
  const canvas = page.locator('iframe[name="editor-canvas"]');
  await expect(canvas).toBeVisible({ timeout: 30_000 });
  await insertBlock(page);
  const frame = await (await canvas.elementHandle())?.contentFrame();
  if (!frame) throw new Error('no canvas');
  await expectPreview(frame, 'Ask Ada');
});

test('rules of the floating button: visitors, roles, types, single pages; agents for users only', async ({ page, wordpress, widget }) => {
  const { php, url } = wordpress;
  const other = await php<number>(
    "return wp_insert_post( array( 'post_title' => 'Other', 'post_status' => 'publish', 'post_type' => 'page' ) );",
  );
  const shown = async (path: string): Promise<boolean> => {
    await page.goto(url + path);
    return (await widget.host.count()) > 0;
  };
  const rules = (launcher: object, agents: object[] = [{ name: 'default' }]): Promise<unknown> =>
    configure(php, { agents, launcher: { on: 1, ...launcher } });

  await rules({ visitors: 'all', placement: 'top-start' });
  expect(await shown('/')).toBe(true);
  await expect(widget.host).toHaveAttribute('placement', 'top-start');
  await rules({ visitors: 'in' });
  expect(await shown('/')).toBe(false);
  await rules({ types: ['page'] });
  expect([await shown('/'), await shown('/other/')]).toEqual([false, true]);
  await rules({ except: String(other) });
  expect([await shown('/'), await shown('/other/')]).toEqual([true, false]);
  await rules({ only: String(other) });
  expect([await shown('/'), await shown('/other/')]).toEqual([false, true]);
  await rules({}, [{ name: 'default', who: 'users' }]);
  expect(await shown('/')).toBe(false);

  await logIn(page, wordpress, 'subscriber');
  expect(await shown('/')).toBe(true);
  await rules({ visitors: 'out' });
  expect(await shown('/')).toBe(false);
  await rules({ roles: ['editor'] });
  expect(await shown('/')).toBe(false);
  await rules({ roles: ['subscriber'] });
  expect(await shown('/')).toBe(true);
  await rules({}, [{ name: 'default', who: 'roles', roles: ['editor'] }]);
  expect(await shown('/')).toBe(false);
});

test('a page from a cache, with a nonce that has expired, places a call with a new one', async ({ page, wordpress, widget, site }) => {
  await configure(wordpress.php, { launcher: { on: 1 } });
  const cached = (await (await fetch(wordpress.url)).text())
    .replace(/_wpnonce=[0-9a-f]+/, '_wpnonce=0123456789')
    .replace(/data-nonce-at="\d+"/, 'data-nonce-at="1700000000"');
  await page.route(`${wordpress.url}/`, (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', body: cached }));
  await page.goto(`${wordpress.url}/`);
  await widget.button('Start talking').click();
  await widget.reaches('connected');
  await widget.button('End call').click();
  expect(await (await site.sandbox.nextCall()).ended).toMatch(/client-closed|hangup/);
});

test('settings, block and refusals are translated', async ({ page, wordpress }) => {
  await configure(wordpress.php, {});
  await wordpress.php("update_option( 'test_locale', 'de_DE' );");
  try {
    await logIn(page, wordpress, 'admin');
    await page.goto(`${wordpress.url}/wp-admin/options-general.php?page=voice-agent`);
    await expect(page.getByLabel('API-Schlüssel')).toBeVisible();
    await expect(page.getByText('Höchstens etwa')).toBeVisible();
    await page.goto(`${wordpress.url}/wp-admin/post-new.php`);
    await insertBlock(page);
    await expect(page.getByLabel('Name, den Besucher sehen')).toBeVisible();
    const title = await page.evaluate(
      () =>
        (window as unknown as EditorWindow).wp.data.select('core/blocks')['getBlockType']?.('voice-agent/voice-agent') as { title: string },
    );
    expect(title.title).toBe('Sprachagent');
    const refused = (await (await fetch(`${wordpress.url}/wp-json/voice-agent/v1/call`, { method: 'POST' })).json()) as { title: string };
    expect(refused.title).toBe('Nur Seiten dieser Website können Anrufe beginnen.');
  } finally {
    await wordpress.php("delete_option( 'test_locale' );");
  }
});
