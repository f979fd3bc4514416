/**
 * Runs inside a project that installed the packed package and nothing optional (see `.config/package-check.sh`).
 * Fails when an entry point needs a DOM, does something on import, or dies without saying what to install.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

const before = new Set(Object.keys(globalThis));
const main = await import('voice-agent-element');
assert.equal(typeof main.VoiceAgent, 'function');
assert.equal(new main.VoiceAgentError('network').code, 'network');
assert.equal(globalThis.customElements?.get('voice-agent'), undefined, 'the main entry point registers nothing');
const added = Object.keys(globalThis).filter((name) => !before.has(name) && !/^(lit|reactiveElement|customElements$)/.test(name));
assert.deepEqual(added, [], 'the main entry point leaves no globals behind but those that Lit keeps for itself');

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
console.log('packed package: entry points load without a DOM and name what is missing');
