/** Apps bundled with Vite and webpack find the code that loads on demand, and the audio worklet, without any setting, under the strict policy. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import webpack from 'webpack';
import { chromiumLaunch } from '../support/chromium.js';
import { policy } from '../support/site.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

type Agent = HTMLElementTagNameMap['voice-agent'];

const FOLDER = fileURLToPath(new URL('../../test-results/bundlers/', import.meta.url));
const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

/** Bundler → builds `main.js` of a folder into `built/` with the bundler's own defaults; the site serves it below `base`. */
const BUNDLERS: Readonly<Record<string, (folder: string, base: string) => Promise<void>>> = {
  async vite(folder, base) {
    await build({
      configFile: false,
      root: folder,
      base,
      logLevel: 'error',
      build: { outDir: `${folder}built`, rolldownOptions: { input: `${folder}main.js`, output: { entryFileNames: 'main.js' } } },
    });
  },
  async webpack(folder) {
    const compiler = webpack({
      mode: 'production',
      context: folder,
      entry: './main.js',
      output: { path: `${folder}built`, trustedTypes: { policyName: 'webpack' } },
      // The minifier takes half a minute.
      optimization: { minimize: false },
    });
    await new Promise<void>((resolve, reject) =>
      compiler.run((error, stats) =>
        error || stats?.hasErrors() ? reject(error ?? new Error(stats?.toString('errors-only'))) : resolve(),
      ),
    );
  },
};

for (const [bundler, bundle] of Object.entries(BUNDLERS)) {
  test(`bundled by ${bundler}: calls over WebRTC and WebSocket`, async ({ page, widget, site }) => {
    const folder = `${FOLDER}${bundler}-${String(process.pid)}/`;
    const base = `/apps/${bundler}/`;
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}main.js`, "import 'voice-agent-element/define';\n");
    await bundle(folder, base);
    const files = readdirSync(`${folder}built`, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
    for (const name of files) {
      const body = readFileSync(`${folder}built/${name}`);
      site.answer(base + name, () => new Response(body, { headers: { 'content-type': 'text/javascript' } }));
    }
    expect(
      files.filter((name) => readFileSync(`${folder}built/${name}`, 'utf8').includes('AudioWorkletProcessor')),
      'the worklet is a file of its own',
    ).toHaveLength(1);

    const html = `<!doctype html><html lang="en"><head><script ${bundler === 'webpack' ? 'defer' : 'type="module"'} src="main.js"></script></head>
      <body><voice-agent token-url="/voice/token" base-url="${site.sandbox.url}" heading="Ask Ada"></voice-agent></body></html>`;
    // webpack loads chunks with script elements, for which it needs a policy of its own.
    const csp = policy(new URL(site.sandbox.url).origin) + (bundler === 'webpack' ? ' webpack' : '');
    site.answer(base, () => new Response(html, { headers: { 'content-type': 'text/html', 'content-security-policy': csp } }));
    await page.goto(site.url + base);
    await expect(widget.host).toHaveJSProperty('state', 'idle');
    for (const transport of ['webrtc', 'websocket'] as const) {
      await widget.host.evaluate((agent: Agent, name) => (agent.transport = name), transport);
      await widget.host.evaluate((agent: Agent) => agent.connect());
      await widget.host.evaluate((agent: Agent) => (agent.open = true));
      const before = (await widget.messages()).length;
      await widget.say('Hello');
      await expect.poll(async () => (await widget.messages()).slice(before).map(({ role }) => role)).toEqual(['user', 'assistant']);
      await widget.host.evaluate((agent: Agent) => agent.close());
    }
    expect(site.requests.filter((path) => path.startsWith(base)).length).toBeGreaterThan(3);
  });
}
