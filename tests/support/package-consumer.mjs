/**
 * Runs in a project that installed the packed package without optional packages (see `.config/package-check.sh`). Fails
 * if an entry point requires a DOM, has side effects on import, or throws without stating what to install.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const before = new Set(Object.keys(globalThis));
const main = await import('voice-agent-element');
assert.equal(typeof main.VoiceAgent, 'function');
assert.equal(new main.VoiceAgentError('network').code, 'network');
const parts = ['element', 'session', 'errors'].map((name) => import(`voice-agent-element/${name}`));
assert.deepEqual(
  Object.assign({}, ...(await Promise.all(parts))),
  { ...main },
  'separate entry points export the same values as the main one',
);
assert.equal(globalThis.customElements?.get('voice-agent'), undefined, 'importing these entry points registers no element');
const added = Object.keys(globalThis).filter((name) => !before.has(name) && !/^(lit|reactiveElement|customElements$)/.test(name));
assert.deepEqual(added, [], 'importing these entry points adds no globals except those of Lit');

const agents = await import('voice-agent-element/agents');
assert.equal(new agents.RealtimeAgent({ name: 'Clerk' }).name, 'Clerk');
assert.equal(typeof agents.tool, 'function');

const server = await import('voice-agent-element/server');
assert.equal(typeof server.createVoiceServer, 'function');

const node = await import('voice-agent-element/server/node');
const lines = [];
node.pinoLog({ destination: { write: (line) => lines.push(line) } }).log.info('hello');
assert.equal(JSON.parse(lines[0]).msg, 'hello', 'logging needs no further packages');
assert.match(await node.prometheusMetrics().text(), /voice_agent_state_available 1/, 'metrics need no further packages');

const env = { PATH: process.env.PATH, OPENAI_API_KEY: 'sk-x', VOICE_AGENT_ALLOWED_ORIGINS: 'https://www.example.com' };
const check = execFileSync(process.execPath, ['node_modules/voice-agent-element/dist/server-cli.js', '--check'], {
  env,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'ignore'],
});
assert.equal(JSON.parse(check).upstream.apiKey, '(hidden)', 'the server command runs');

const sandbox = await import('voice-agent-element/sandbox');
await assert.rejects(sandbox.createSandbox({ port: 0 }), (error) => {
  assert.match(error.message, /npm install --save-dev .*werift/);
  return true;
});
const browser = await import('voice-agent-element/sandbox/browser');
await assert.rejects(browser.createBrowserSandbox(), { name: 'BrowserSandboxError' });
const dist = 'node_modules/voice-agent-element/dist';
const inPage = readFileSync(join(dist, 'sandbox-browser.js'), 'utf8');
assert.doesNotMatch(
  inPage,
  /\bimport\s*[({"'*\w]|\bfrom"|WebAssembly|new Worker\(|\beval\(|new Function\(|\bBuffer\.|\bprocess\./,
  'it is one file for pages',
);
const others = [
  ...readdirSync(dist),
  ...readdirSync(join(dist, 'chunks')).map((name) => `chunks/${name}`),
  ...readdirSync(join(dist, 'npm')).map((name) => `npm/${name}`),
];
const containing = others.filter(
  (name) => name.endsWith('.js') && readFileSync(join(dist, name), 'utf8').includes('voice-agent-sandbox-line'),
);
assert.deepEqual(containing.sort(), ['sandbox-browser.js', 'sandbox-worklet.js'], 'no other file contains the sandbox for pages');
const help = execFileSync(process.execPath, ['node_modules/voice-agent-element/dist/sandbox-cli.js', '--help'], { encoding: 'utf8' });
assert.match(help, /npx voice-agent-sandbox/, 'the sandbox command runs');

const root = 'node_modules/voice-agent-element';
const snippet = execFileSync(process.execPath, [`${root}/dist/snippet-cli.js`, '--base', '/voice', 'call-url=/voice/call'], {
  encoding: 'utf8',
});
const [, loader = ''] = /src="\/voice\/(embed-[\w-]{8}\.js)"/.exec(snippet) ?? [];
assert.ok(existsSync(join(root, 'dist', loader)), 'the snippet refers to a file of the package');
const documents = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.md') && !name.startsWith('dist'),
);
assert.ok(documents.length > 10, 'the package contains the documentation');
const dead = documents.flatMap((name) =>
  [...readFileSync(join(root, name), 'utf8').matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g)].flatMap(([, link]) =>
    existsSync(join(root, dirname(name), link)) ? [] : [`${name}: ${link}`],
  ),
);
assert.deepEqual(dead, [], 'every relative link in the package points to a file in the package');
console.log('packed package: entry points load without a DOM and name missing packages');
