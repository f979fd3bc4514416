/** WordPress pages: what optimizer plug-ins do to the script, functions of the site that the agent calls, and the time of the route. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { minify } from 'terser';
import { expect, logIn, test } from './wordpress-fixtures.js';

const PAGE_SCRIPT = readFileSync(fileURLToPath(new URL('../../dist/.wordpress/voice-agent/assets/page.js', import.meta.url)), 'utf8');

test.beforeAll(async ({ wordpress }) => {
  await wordpress.installPlugin();
  await wordpress.php(`VoiceAgent\\Secrets::store( 'api_key', 'sk-sandbox-wordpress' );
    // Stands for WooCommerce, which is not available here: its class and its public route.
    wp_mkdir_p( WPMU_PLUGIN_DIR );
    file_put_contents( WPMU_PLUGIN_DIR . '/shop.php', '<?php class WooCommerce {}
      add_action( "rest_api_init", function () { register_rest_route( "wc/store/v1", "/order/(?P<id>[0-9]+)", array(
        "methods" => "GET", "permission_callback" => function ( $request ) { return "wc_order_1" === $request["key"]; },
        "callback" => function ( $request ) { return array( "id" => (int) $request["id"], "status" => "shipped", "billing_address" => "secret street" ); } ) ); } );' );
    wp_insert_post( array( 'post_title' => 'Opening hours', 'post_content' => 'Nine to five.', 'post_status' => 'publish', 'post_type' => 'page' ) );`);
});

const configure = (php: (code: string) => Promise<unknown>, settings: object): Promise<unknown> =>
  php(
    `update_option( 'voice_agent_settings', VoiceAgent\\Settings::sanitize( json_decode( '${JSON.stringify({ launcher: { on: 1 }, ...settings })}', true ) ) );`,
  );

const TAG = /<script [^>]*src=['"]([^'"]*\/assets\/page\.js[^'"]*)['"][^>]*><\/script>/;
const asText = (script: string): string => script.replaceAll('</script', '<\\/script');

/** What cache and optimizer plug-ins do to a script: the new markup, and files that they create. */
const transformations: Record<string, (src: string) => Promise<{ markup: string; file?: string }>> = {
  'a newer version in the query': async (src) => ({ markup: `<script src="${src}&v=2&cache=1"></script>` }),
  'async and deferred': async (src) => ({ markup: `<script async defer src="${src}"></script>` }),
  'type=module': async (src) => ({ markup: `<script type="module" src="${src}"></script>` }),
  inlined: async () => ({ markup: `<script>${asText(PAGE_SCRIPT)}</script>` }),
  'moved to another folder and minified again': async () => ({
    markup: '<script src="/cache/min/abc.js"></script>',
    file: (await minify(PAGE_SCRIPT)).code ?? '',
  }),
  'combined with other scripts': async () => ({
    markup: '<script src="/cache/min/abc.js"></script>',
    file: `var other = 1;(function(){})();${PAGE_SCRIPT};var voiceAgent = 2;`,
  }),
  'in the head, before the tag': async (src) => ({ markup: `<!--moved-->${src}` }),
  'twice, and once in a data address': async (src) => ({
    markup: `<script src="${src}"></script><script src="data:text/javascript;base64,${Buffer.from(PAGE_SCRIPT).toString('base64')}"></script>`,
  }),
  'delayed until the visitor moves': async (src) => ({
    markup: `<script>addEventListener('mousemove', () => { const late = document.createElement('script'); late.src = '${src}'; document.body.append(late); }, { once: true });</script>`,
  }),
};

for (const [name, transform] of Object.entries(transformations)) {
  test(`the launcher works if an optimizer changes the script: ${name}`, async ({ page, wordpress, widget }) => {
    await configure(wordpress.php, {});
    let html = await (await fetch(wordpress.url)).text();
    const src = TAG.exec(html)?.[1];
    if (!src) throw new Error('no script');
    const { markup, file } = await transform(src);
    html = markup.startsWith('<!--moved-->')
      ? html.replace(TAG, '').replace('</head>', `<script src="${src}"></script></head>`)
      : html.replace(TAG, () => markup);
    await page.route(`${wordpress.url}/`, (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', body: html }));
    await page.route('**/cache/min/abc.js', (route) => route.fulfill({ contentType: 'text/javascript', body: file ?? '' }));
    await page.goto(`${wordpress.url}/`);
    await page.mouse.move(10, 10);
    await page.mouse.move(20, 20);
    await expect(widget.host).toHaveJSProperty('state', 'idle');
    await expect(widget.button('Start talking')).toBeVisible();
  });
}

test('the script is marked for optimizers, and their lists contain the plug-in', async ({ wordpress }) => {
  const html = await (await fetch(wordpress.url)).text();
  expect(TAG.exec(html)?.[0]).toMatch(/data-no-optimize="1".*data-cfasync="false" nowprocket/);
  const lists = await wordpress.php(
    `return array( apply_filters( 'rocket_exclude_js', array() ), apply_filters( 'autoptimize_filter_js_exclude', 'jquery.js' ) );`,
  );
  expect(lists).toEqual([['/voice-agent/assets/'], 'jquery.js, /voice-agent/assets/']);
});

test('functions of the site are off by default; when on, each use is approved by the visitor', async ({
  page,
  wordpress,
  widget,
  site,
}) => {
  await configure(wordpress.php, {});
  await page.goto(wordpress.url);
  await expect(widget.host).toHaveJSProperty('state', 'idle');
  expect(await widget.host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => agent.tools?.length ?? 0)).toBe(0);

  await configure(wordpress.php, { tools: { search: 1, open: 1, order: 1 } });
  await page.goto(wordpress.url);
  await widget.button('Start talking').click();
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  const outputs = (): string[] =>
    call.items.flatMap((item) => (item.type === 'function_call_output' ? [String((item as { output?: unknown }).output)] : []));
  const use = async (text: string, decision: 'Allow' | 'Deny'): Promise<string> => {
    const before = outputs().length;
    await widget.say(text);
    await widget.button(decision).click();
    await expect.poll(() => outputs().length).toBe(before + 1);
    return outputs().at(-1) ?? '';
  };
  const requested: string[] = [];
  page.on('request', (request) => requested.push(request.url()));
  await use('use the tool search_site with {"words":"hours"}', 'Deny');
  expect(requested.filter((url) => url.includes('/search'))).toEqual([]);
  expect(await use('use the tool search_site with {"words":"hours"}', 'Allow')).toContain('opening-hours');
  expect(await use('use the tool order_status with {"number":7}', 'Allow')).toContain('401');
  const order = await use('use the tool order_status with {"number":7,"key":"wc_order_1","billing_email":"a@example.com"}', 'Allow');
  expect(order).toContain('shipped');
  expect(order).not.toContain('secret street');
  expect(await use('use the tool open_page with {"url":"https://other.example/"}', 'Allow')).toContain('Only pages of this site');
  await use('use the tool open_page with {"url":"/opening-hours/"}', 'Allow');
  await page.waitForURL(/opening-hours/);
  expect(await call.ended).toMatch(/hangup|client-closed/);
});

test('the privacy page has a text, and a user gets and deletes their data', async ({ page, wordpress, widget }) => {
  await configure(wordpress.php, {});
  await logIn(page, wordpress, 'author');
  await page.goto(wordpress.url);
  await widget.button('Start talking').click();
  await widget.reaches('connected');
  const exported = await wordpress.php("return VoiceAgent\\Privacy::export( 'author@example.com' );");
  expect(exported).toMatchObject({ done: true, data: [{ group_id: 'voice-agent' }, { group_id: 'voice-agent' }] });
  expect(await wordpress.php("return VoiceAgent\\Privacy::export( 'editor@example.com' );")).toEqual({ data: [], done: true });
  const erased = await wordpress.php("return VoiceAgent\\Privacy::erase( 'author@example.com' );");
  expect(erased).toMatchObject({ items_removed: true, items_retained: true, done: true });
  await widget.reaches('disconnected');
  await logIn(page, wordpress, 'admin');
  await page.goto(`${wordpress.url}/wp-admin/options-privacy.php?tab=policyguide`);
  await expect(page.getByText('sends what you say to OpenAI')).toBeAttached();
});
