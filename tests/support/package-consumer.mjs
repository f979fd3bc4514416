/**
 * Runs inside a project that installed the packed package and nothing optional (see `.config/package-check.sh`).
 * Fails when an entry point needs a DOM, does something on import, or dies without saying what to install.
 */
import assert from 'node:assert/strict';

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

const sandbox = await import('voice-agent-element/sandbox');
await assert.rejects(sandbox.createSandbox({ port: 0 }), (error) => {
  assert.match(error.message, /npm install --save-dev .*werift/);
  return true;
});
console.log('packed package: entry points load without a DOM and name what is missing');
