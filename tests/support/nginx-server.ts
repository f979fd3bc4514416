/**
 * A private nginx for tests: Debian's `nginx` in the foreground on free ports of 127.0.0.1, with a certificate made by `openssl` and all
 * files in a folder of its own.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as secureRequest } from 'node:https';
import { createServer, connect as connectPlain } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';

/** A running nginx. */
export interface NginxServer {
  /** Port for HTTPS. */
  readonly port: number;
  /** Port for HTTP. */
  readonly plainPort: number;
  /** The certificate, which is its own authority. */
  readonly certificate: Buffer;
  /** Everything written to the error log. */
  readonly log: () => string;
  /** Sends a request over HTTPS, on a connection of its own. */
  request(path: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

/** Options of `nginxServer`. */
export interface NginxSetup {
  /** What is included in `http { … }`. */
  readonly config: string;
  /** Name in the certificate. */
  readonly host: string;
  /** Replacements that adapt the configuration to the test. Each text must occur. */
  readonly replace: readonly (readonly [text: string, by: string])[];
}

/** Takes the place of the ports and certificates of a configuration; resolves when nginx accepts connections. */
export async function nginxServer({ config, host, replace }: NginxSetup): Promise<NginxServer> {
  const folder = await mkdtemp(join(tmpdir(), 'nginx-'));
  const [port, plainPort] = [await freePort(), await freePort()];
  const { key, certificate } = await makeCertificate(folder, host);
  const adapted = [
    ['listen 443 ', `listen 127.0.0.1:${String(port)} `],
    [`/etc/letsencrypt/live/${host}/fullchain.pem`, join(folder, certificate)],
    [`/etc/letsencrypt/live/${host}/privkey.pem`, join(folder, key)],
    ...replace,
  ].reduce(
    (text, [from = '', to = '']) => {
      if (!text.includes(from)) throw new Error(`The configuration does not contain ${from}`);
      return text.replaceAll(from, to);
      // Addresses of IPv6 are not available everywhere.
    },
    config.replace(/^ *listen \[::\].*\n/gm, ''),
  );
  await writeFile(join(folder, 'nginx.conf'), whole(adapted.replaceAll('listen 80;', `listen 127.0.0.1:${String(plainPort)};`), folder));
  const child = spawn(program(), ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'], { stdio: ['ignore', 'ignore', 'pipe'] });
  // It must not outlive the test process.
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    await rm(folder, { recursive: true });
  };
  try {
    await accepts(port, child);
  } catch (error) {
    await close();
    throw new Error(`nginx does not start: ${log}`, { cause: error });
  }
  const authority = await readFile(join(folder, certificate));
  return {
    port,
    plainPort,
    certificate: authority,
    log: () => log,
    request: (path, init) => secureFetch({ port, host, authority, path }, init),
    close,
  };
}

const whole = (config: string, folder: string): string => `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
${config}
}
`;

/** `/usr/sbin` is not in the path of ordinary users. */
const program = (): string => (existsSync('/usr/sbin/nginx') ? '/usr/sbin/nginx' : 'nginx');

async function makeCertificate(folder: string, host: string): Promise<{ key: string; certificate: string }> {
  const names = { key: 'key.pem', certificate: 'certificate.pem' };
  const options = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
  const { status, stderr, error } = spawnSync('openssl', ['req', ...options, ...subject, '-keyout', names.key, '-out', names.certificate], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`openssl makes no certificate: ${error?.message ?? stderr}`);
  return names;
}

/** Resolves when the port accepts connections; rejects if the process has ended. */
async function accepts(port: number, child: ChildProcess): Promise<void> {
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  child.once('exit', (code) => (failure ??= new Error(`exit code ${String(code)}`)));
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connectPlain(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (failure) throw failure;
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function secureFetch(
  { port, host, authority, path }: { port: number; host: string; authority: Buffer; path: string },
  { method = 'GET', headers, body, signal }: RequestInit = {},
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const sent = secureRequest({
      host: '127.0.0.1',
      port,
      path,
      method,
      servername: host,
      ca: authority,
      agent: false,
      headers: {
        Host: host,
        ...(headers as Record<string, string>),
        ...(typeof body === 'string' && { 'Content-Length': Buffer.byteLength(body) }),
      },
      ...(signal && { signal }),
    });
    sent.once('error', reject);
    sent.once('response', (answer) => {
      const { statusCode: status = 0, rawHeaders } = answer;
      const pairs = rawHeaders.flatMap((name, at): [string, string][] => (at % 2 ? [] : [[name, rawHeaders[at + 1] ?? '']]));
      const stream = [204, 304].includes(status) ? null : (Readable.toWeb(answer) as ReadableStream);
      if (!stream) answer.resume();
      resolve(new Response(stream, { status, headers: pairs }));
    });
    sent.end(body ?? undefined);
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
