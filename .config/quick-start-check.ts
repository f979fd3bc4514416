/**
 * Follows "Production quick start" of the README in an empty folder with the packed package, against the sandbox: the checks of
 * step 5 get the documented answers, a call has limits in money, a proof opens one call, and a killed server remembers both.
 *   tsx .config/quick-start-check.ts FOLDER   (a folder whose node_modules contain the packed package and `ws`)
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { SignJWT } from 'jose';
import { createSandbox } from '../src/sandbox/index.js';
import { createVisitor } from '../tests/unit/sandbox-media/visitor.js';

const [, , folder = ''] = process.argv;
assert.ok(folder, 'usage: quick-start-check.ts FOLDER');
const app = resolve(folder);
const [, steps = ''] = readFileSync(join(app, 'node_modules/voice-agent-element/README.md'), 'utf8').split('## Production quick start');
const block = (language: string, start: string): string => {
  const [, text] = new RegExp(`\`\`\`${language}\\n(${start}[\\s\\S]*?)\`\`\``).exec(steps) ?? [];
  assert.ok(text, `the README's quick start has a ${language} block that starts with ${start}`);
  return text;
};

const sandbox = await createSandbox({ port: 0 });
// Steps 2 and 3, with the sandbox instead of an account.
const config = block('json', '\\{');
writeFileSync(join(app, 'voice-agent.config.json'), config);
const secrets = block('sh', 'umask').replace('sk-…', 'sk-sandbox');
execFileSync('bash', ['-ec', `${secrets}\necho OPENAI_BASE_URL=${sandbox.url} >> secrets.env`], { cwd: app });
const env = Object.fromEntries(
  readFileSync(join(app, 'secrets.env'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
);

// Another server may use the default port, so this one listens on a free one.
const probe = createServer().listen(0, '127.0.0.1');
await once(probe, 'listening');
const { port } = probe.address() as { port: number };
await new Promise((closed) => probe.close(closed));
const command = [join(app, 'node_modules/voice-agent-element/dist/server-cli.js')];
const start = { cwd: app, env: { PATH: process.env['PATH'], ...env, PORT: String(port) } };
const url = `http://127.0.0.1:${String(port)}`;
const origin = (JSON.parse(config) as { allowedOrigins: [string] }).allowedOrigins[0];

// Step 4.
const effective = JSON.parse(
  execFileSync(process.execPath, [...command, '--check'], { ...start, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
) as {
  profiles: { default: { limits: { money: unknown } } };
  budget: { moneyPerDay: unknown; perVisitor: { moneyPerDay: unknown }; maxConcurrentPerVisitor: unknown };
  state: { journal?: string };
};
for (const [name, amount] of Object.entries({
  'limits.money': effective.profiles.default.limits.money,
  'budget.moneyPerDay': effective.budget.moneyPerDay,
  'budget.perVisitor.moneyPerDay': effective.budget.perVisitor.moneyPerDay,
}))
  assert.ok(typeof amount === 'number' && amount > 0 && amount <= 50, `--check prints ${name}`);
assert.equal(effective.budget.maxConcurrentPerVisitor, 1);
assert.ok(effective.state.journal?.startsWith(app), 'the journal is in the folder');
assert.ok(!existsSync(join(app, '.voice-agent')), '--check creates no file');

async function serve(): Promise<ChildProcess> {
  const server = spawn(process.execPath, command, { ...start, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  const ended = once(server, 'exit').then(() => assert.fail(`the server ended: ${output.join('\n')}`));
  const listening = new Promise<void>((resolve) => {
    for (const stream of [server.stdout, server.stderr])
      createInterface(stream).on('line', (line) => {
        output.push(line);
        if (line.includes(`:${String(port)}`)) resolve();
      });
  });
  await Promise.race([listening, ended]);
  ended.catch(() => undefined);
  return server;
}

/** Requests a call with a real offer; returns the status. */
async function call(proof: string): Promise<{ status: number; text: string }> {
  const visitor = await createVisitor();
  try {
    const answer = await fetch(`${url}/voice/call`, {
      method: 'POST',
      headers: { Origin: origin, 'Content-Type': 'application/sdp', Authorization: `Bearer ${proof}`, 'X-Forwarded-For': '203.0.113.7' },
      body: visitor.offer,
    });
    return { status: answer.status, text: await answer.text() };
  } finally {
    await visitor.close();
  }
}

const sign = (visitor: string): Promise<string> =>
  new SignJWT({ jti: crypto.randomUUID() })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(visitor)
    .setAudience('voice')
    .setExpirationTime('2 minutes')
    .sign(new TextEncoder().encode(env['VOICE_AGENT_VISITOR_SECRET']));

let server = await serve();
try {
  // Step 5: each command with the status that its comment names.
  const commands = [...block('sh', 'curl').matchAll(/^(curl .*?) +# (\d{3}|\{.*)/gm)];
  assert.ok(commands.length >= 5, 'step 5 has five commands with answers');
  for (const [, line = '', expected = ''] of commands) {
    const status = execFileSync('bash', ['-c', `${line.replace('http://127.0.0.1:8787', url)} -s -o /dev/null -w '%{http_code}'`], {
      encoding: 'utf8',
    });
    assert.equal(status, expected.startsWith('{') ? '200' : expected, line);
  }
  const proof = await sign('ada');
  const first = await call(proof);
  assert.equal(first.status, 201, first.text);
  const second = await call(proof);
  assert.equal(second.status, 401, 'a proof opens one call');

  const exited = once(server, 'exit');
  server.kill('SIGKILL');
  await exited;
  server = await serve();
  const third = await call(proof);
  assert.equal(third.status, 401, 'a killed server remembers used proofs');
  assert.equal(sandbox.calls.length, 1, 'only the first request reached the API');
} finally {
  server.kill('SIGKILL');
  await sandbox.close();
}
console.log('The quick start of the README works with the packed package: limits in money, a journal and single-use proofs');
