/**
 * Runs inside a project that installed the packed package and nothing optional (see `.config/package-check.sh`).
 * Fails when an entry point needs a DOM, does something on import, or dies without saying what to install.
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
assert.deepEqual(Object.assign({}, ...(await Promise.all(parts))), { ...main }, 'its parts export the same');
assert.equal(globalThis.customElements?.get('voice-agent'), undefined, 'none of these entry points registers anything');
const added = Object.keys(globalThis).filter((name) => !before.has(name) && !/^(lit|reactiveElement|customElements$)/.test(name));
assert.deepEqual(added, [], 'these entry points leave no globals behind but those that Lit keeps for itself');

const agents = await import('voice-agent-element/agents');
assert.equal(new agents.RealtimeAgent({ name: 'Clerk' }).name, 'Clerk');
assert.equal(typeof agents.tool, 'function');

const server = await import('voice-agent-element/server');
assert.equal(typeof server.createVoiceServer, 'function');

const node = await import('voice-agent-element/server/node');
const lines = [];
node.pinoLog({ destination: { write: (line) => lines.push(line) } }).log.info('hello');
assert.equal(JSON.parse(lines[0]).msg, 'hello', 'logs need nothing installed');
assert.match(await node.prometheusMetrics().text(), /voice_agent_state_available 1/, 'metrics neither');

const env = { PATH: process.env.PATH, OPENAI_API_KEY: 'sk-x', VOICE_AGENT_ALLOWED_ORIGINS: 'https://www.example.com' };
const check = execFileSync(process.execPath, ['node_modules/voice-agent-element/dist/server-cli.js', '--check'], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
assert.equal(JSON.parse(check).upstream.apiKey, '(hidden)', 'the command runs');

const sandbox = await import('voice-agent-element/sandbox');
await assert.rejects(sandbox.createSandbox({ port: 0 }), (error) => {
  assert.match(error.message, /npm install --save-dev .*werift/);
  return true;
});
const help = execFileSync(process.execPath, ['node_modules/voice-agent-element/dist/sandbox-cli.js', '--help'], { encoding: 'utf8' });
assert.match(help, /npx voice-agent-sandbox/, 'the command of the sandbox runs');

const root = 'node_modules/voice-agent-element';
const documents = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md') && !name.startsWith('dist'));
assert.ok(documents.length > 10, 'the documentation is in the package');
const dead = documents.flatMap((name) =>
  [...readFileSync(join(root, name), 'utf8').matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g)].flatMap(([, link]) => (existsSync(join(root, dirname(name), link)) ? [] : [`${name}: ${link}`])),
);
assert.deepEqual(dead, [], 'every relative link in the package leads to a file of the package');
console.log('packed package: entry points load without a DOM and name what is missing');
