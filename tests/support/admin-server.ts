/** The built `voice-agent-server` with an admin port, in front of a sandbox, with calls of visitors with real WebRTC. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { SandboxCall } from '../../src/sandbox/index.js';
import { createVisitor } from '../unit/sandbox-media/visitor.js';
import { quickSandbox } from './quick-sandbox.js';

const CLI = fileURLToPath(new URL('../../dist/server-cli.js', import.meta.url));
const ORIGIN = 'https://www.example.com';

/** A running server. */
export interface AdminServer {
  /** URL of the operator's page. */
  readonly adminUrl: string;
  readonly token: string;
  /** Connects a visitor. */
  call(profile: string): Promise<SandboxCall>;
  /** Requests a key; resolves with the status. */
  key(profile: string, origin?: string): Promise<number>;
  /** Ends the process without a farewell. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** Starts the process; resolves when it listens. */
export async function startAdminServer(): Promise<AdminServer> {
  const token = 'admin-token-of-the-tests-0123456789';
  const sandbox = await quickSandbox();
  const folder = mkdtempSync(join(tmpdir(), 'admin-'));
  const session = { model: 'gpt-realtime-2.1' };
  const config = {
    allowedOrigins: [ORIGIN],
    upstream: { apiKey: 'sk-sandbox-admin', baseUrl: sandbox.url },
    profiles: { sales: { session }, support: { session, budget: { callsPerDay: 40 } } },
    prices: { 'gpt-realtime-2.1': { textInput: 4, audioInput: 32, textOutput: 16, audioOutput: 64 } },
    limits: { money: 2 },
    budget: { timeZone: 'Europe/Berlin', moneyPerDay: 100, moneyPerMonth: 900, callsPerDay: 500, maxConcurrent: 20 },
    rates: { perAddress: { count: 12, seconds: 3600 } },
    listen: { port: 0 },
    admin: { port: 0, token },
  };
  writeFileSync(join(folder, 'voice-agent.config.json'), JSON.stringify(config));
  const child = spawn(process.execPath, [CLI], { cwd: folder, env: { PATH: process.env['PATH'] }, stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const { url, adminUrl } = await new Promise<{ url: string; adminUrl: string }>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const { msg, ...fields } = JSON.parse(line) as { msg?: string; url: string; adminUrl: string };
      if (msg === 'listening') resolve(fields);
    });
    void gone.then(() => reject(new Error('The server has ended.')));
  });
  const visitors: { close(): Promise<void> }[] = [];
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
  };
  return {
    adminUrl,
    token,
    kill,
    async call(profile) {
      const visitor = await createVisitor();
      visitors.push(visitor);
      const headers = { Origin: ORIGIN, 'Content-Type': 'application/sdp' };
      const answer = await fetch(`${url}/voice/call?profile=${profile}`, { method: 'POST', headers, body: visitor.offer });
      if (answer.status !== 201) throw new Error(await answer.text());
      await visitor.accept(await answer.text());
      const call = await sandbox.nextCall();
      await visitor.reached('open');
      visitor.channel.send(JSON.stringify({ type: 'response.create' }));
      return call;
    },
    key: async (profile, origin = ORIGIN) =>
      (await fetch(`${url}/voice/token?profile=${profile}`, { method: 'POST', headers: { Origin: origin } })).status,
    async close() {
      await Promise.all(visitors.map((visitor) => visitor.close()));
      await kill();
      await sandbox.close();
      rmSync(folder, { recursive: true });
    },
  };
}
