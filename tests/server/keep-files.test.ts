/** The widget's files of earlier builds after a deploy: kept by the command in its folder, and served. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { keepFiles } from '../../src/server/runtime/node/keep-files.js';
import { widgetFiles } from '../../src/server/runtime/node/widget-files.js';
import { Commands, urlOf } from './server-command-support.js';

const commands = new Commands();
const folders: string[] = [];
afterEach(async () => {
  await commands.close();
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kept-files-'));
  folders.push(folder);
  return folder;
}

/** A build with one chunk, whose name and text contain this number. */
async function build(number: number): Promise<string> {
  const folder = await newFolder();
  for (const form of ['', 'flat', 'single']) {
    await mkdir(join(folder, form, 'chunks'), { recursive: true });
    const integrity = form === '' ? { 'voice-agent.js': 'sha384-x', [`chunks/panel-0000000${number}.js`]: 'sha384-x' } : {};
    await writeFile(join(folder, form, 'files.json'), JSON.stringify({ version: `0.${number}.0`, entries: {}, integrity }));
  }
  await writeFile(join(folder, 'voice-agent.js'), `// ${number}`);
  await writeFile(join(folder, `chunks/panel-0000000${number}.js`), `// panel ${number}`);
  return folder;
}

describe('keepFiles()', () => {
  it('keeps the files of two earlier builds, which are served like current ones', async () => {
    const kept = join(await newFolder(), 'widget');
    const builds = [await build(1), await build(2), await build(3), await build(4)];
    let hour = 0;
    for (const folder of builds) await keepFiles(folder, kept, () => 3_600_000 * (hour += 1));
    expect(await readdir(kept)).toHaveLength(3);
    const app = widgetFiles(builds[3] ?? '', { kept });
    const earlier = await app.request('/chunks/panel-00000003.js');
    expect([earlier.status, await earlier.text()]).toEqual([200, '// panel 3']);
    expect(earlier.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
    expect(earlier.headers.get('Access-Control-Allow-Origin')).toBe('*');
    expect(await (await app.request('/voice-agent.js')).text(), 'entries are always current').toBe('// 4');
    expect(await (await app.request('/chunks/panel-00000004.js')).text()).toBe('// panel 4');
  });

  it('serves only versioned scripts from the folder', async () => {
    const kept = join(await newFolder(), 'widget');
    await keepFiles(await build(1), kept);
    const [name = ''] = await readdir(kept);
    await writeFile(join(kept, name, 'chunks/secret.txt'), 'canary');
    await writeFile(join(kept, 'secret-00000001.js'), 'canary');
    const app = widgetFiles(await build(2), { kept });
    expect((await app.request('/chunks/panel-00000001.js')).status).toBe(200);
    for (const path of [
      '/chunks/secret.txt',
      '/chunks/..%2f..%2fsecret-00000001.js',
      `/chunks/%2e%2e/${name}/chunks/panel-00000001.js`,
      '/secret-00000001.js',
      '/chunks/panel-00000009.js',
    ])
      expect([path, (await app.request(path)).status]).toEqual([path, 404]);
  });

  it('copies a build once when several processes start at the same time, and leaves no temporary folder', async () => {
    const kept = join(await newFolder(), 'widget');
    const folder = await build(1);
    await Promise.all([keepFiles(folder, kept), keepFiles(folder, kept), keepFiles(folder, kept)]);
    expect(await readdir(kept)).toHaveLength(1);
  });

  it('rejects if the folder cannot be written, and earlier files stay available', async () => {
    const kept = join(await newFolder(), 'widget');
    await writeFile(kept, 'a file');
    await expect(keepFiles(await build(1), kept)).rejects.toThrow(/ENOTDIR|EEXIST/);
    expect((await widgetFiles(await build(2), { kept }).request('/chunks/panel-00000001.js')).status).toBe(404);
  });
});

describe('voice-agent-server', { timeout: 60_000 }, () => {
  const env = { OPENAI_API_KEY: 'sk-x', VOICE_AGENT_ALLOWED_ORIGINS: 'https://www.example.com', PORT: '0' };

  it('serves a file that only an earlier version had', async () => {
    const folder = await newFolder();
    await keepFiles(await build(7), join(folder, '.voice-agent/widget'));
    const command = await commands.start({ env, folder });
    const url = await urlOf(command);
    const answer = await fetch(`${url}/chunks/panel-00000007.js`);
    expect([answer.status, await answer.text()]).toEqual([200, '// panel 7']);
    expect((await fetch(`${url}/embed.js`)).headers.get('Cache-Control')).toBe('no-cache');
    const { entries } = (await (await fetch(`${url}/files.json`)).json()) as { entries: Record<string, string> };
    for (const name of Object.values(entries))
      expect((await fetch(`${url}/${name}`)).headers.get('Cache-Control'), name).toBe('public, max-age=31536000, immutable');
    expect(await readdir(join(folder, '.voice-agent/widget'))).toHaveLength(2);
  });

  it('starts and warns if it cannot keep its files', async () => {
    const folder = await newFolder();
    await mkdir(join(folder, '.voice-agent'));
    await writeFile(join(folder, '.voice-agent/widget'), 'a file');
    const command = await commands.start({ env, folder });
    await urlOf(command);
    expect(command.lines().map(({ msg }) => msg)).toContain('the widget files of this version cannot be kept for the next deploy');
  });
});
