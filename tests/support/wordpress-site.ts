/**
 * A real WordPress for tests: 6.1 of Debian's package with a private MariaDB (without a network), or 6.5 with SQLite
 * (`.config/wordpress-sqlite.sh`), and PHP's own web server on a free port of 127.0.0.1. Everything is in a temporary folder and ends with
 * the site.
 */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { TAPE_MODULE } from './sound-tape.js';

const run = promisify(execFile);
const OWN_FILES = fileURLToPath(new URL('wordpress/', import.meta.url));
const DEBIAN = '/usr/share/wordpress';
/** PHP processes that answer requests at the same time. */
const WORKERS = '8';

/** The built plug-in. */
export const PLUGIN_ZIP = fileURLToPath(new URL('../../dist/cms/voice-agent-wordpress.zip', import.meta.url));

/** A running WordPress. */
export interface WordPressSite {
  /** Origin of the site, without a trailing slash. */
  readonly url: string;
  /** Folder of WordPress. */
  readonly folder: string;
  /** Runs PHP code in WordPress; resolves with what `return` returns, by way of JSON. */
  php<T = unknown>(code: string): Promise<T>;
  /** Errors, warnings and notices of PHP in the plug-in's files, and of queries that WordPress reports. */
  pluginErrors(): Promise<string[]>;
  /** Installs and activates the plug-in without a browser. */
  installPlugin(): Promise<void>;
  close(): Promise<void>;
}

/** The files of `.config/wordpress-sqlite.sh`. */
const SQLITE_CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'voice-agent-element/wordpress-builds-0.9.19');

/** Which WordPress. */
export type WordPressKind = 'mariadb' | 'sqlite';

/** Starts a site. @param constants further lines of `wp-config.php` */
export async function startWordPress(constants = '', kind: WordPressKind = 'mariadb'): Promise<WordPressSite> {
  const folder = mkdtempSync(join(tmpdir(), 'voice-agent-wordpress-'));
  const site = join(folder, 'site');
  const socket = join(folder, 'db.sock');
  const children: ChildProcess[] = [];
  const close = async (): Promise<void> => {
    for (const child of children.reverse()) await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const copied = kind === 'mariadb' ? run('cp', ['-rL', DEBIAN, site]) : unpackWithSqlite(site);
    if (kind === 'mariadb') children.push(await startDatabase(folder, socket));
    await copied;
    const port = await freePort();
    const url = `http://127.0.0.1:${String(port)}`;
    writeFileSync(join(site, 'wp-config.php'), configOf(url, socket, constants));
    for (const file of ['router.php', 'install.php']) cpSync(join(OWN_FILES, file), join(site, file));
    writeFileSync(join(site, 'run.php'), '<?php require __DIR__ . \'/wp-load.php\'; echo "\\n" . json_encode( eval( $argv[1] ) );');
    // For `Tape`, which records what the page plays.
    await run('mkdir', ['-p', join(site, 'support')]);
    writeFileSync(join(site, 'support', 'tape.js'), TAPE_MODULE);
    if (kind === 'mariadb') await run('mariadb', ['--no-defaults', '--socket', socket, '--user=root', '-e', 'CREATE DATABASE wordpress']);
    await run('php', [join(site, 'install.php')]);
    children.push(await startPhp(site, port));
    const php = async <T>(code: string): Promise<T> => {
      const { stdout } = await run('php', [join(site, 'run.php'), code]);
      return JSON.parse(stdout.slice(stdout.lastIndexOf('\n') + 1)) as T;
    };
    return {
      url,
      folder: site,
      php,
      pluginErrors: async () => {
        const log = await readFile(join(site, 'debug.log'), 'utf8').catch(() => '');
        return log.split('\n').filter((line) => /plugins\/voice-agent|database error/.test(line));
      },
      installPlugin: async () => {
        await run('unzip', ['-q', '-o', PLUGIN_ZIP, '-d', join(site, 'wp-content', 'plugins')]);
        await php("require_once ABSPATH . 'wp-admin/includes/plugin.php'; return activate_plugin( 'voice-agent/voice-agent.php' );");
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** WordPress 6.5, whose `db.php` replaces the database by SQLite. */
async function unpackWithSqlite(site: string): Promise<void> {
  const content = join(site, 'wp-content');
  await run('unzip', ['-q', join(SQLITE_CACHE, 'wp-6.5.zip'), '-d', site]);
  await run('unzip', ['-q', join(SQLITE_CACHE, 'sqlite-database-integration.zip'), '-d', content]);
  // The archive contains an installed site.
  rmSync(join(content, 'database'), { recursive: true, force: true });
  const driver = join(content, 'sqlite-database-integration-main');
  const dropIn = (await readFile(join(driver, 'db.copy'), 'utf8')).replaceAll('{SQLITE_IMPLEMENTATION_FOLDER_PATH}', driver);
  writeFileSync(join(content, 'db.php'), dropIn);
}

async function startDatabase(folder: string, socket: string): Promise<ChildProcess> {
  const data = join(folder, 'data');
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  await run('mariadb-install-db', [
    '--no-defaults',
    `--datadir=${data}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    ...user,
  ]);
  const options = ['--skip-networking', '--innodb-flush-log-at-trx-commit=0', '--innodb-buffer-pool-size=32M', '--skip-log-bin', ...user];
  const child = begin('mariadbd', ['--no-defaults', `--datadir=${data}`, `--socket=${socket}`, `--pid-file=${folder}/db.pid`, ...options]);
  await answers(child, { path: socket });
  return child;
}

async function startPhp(site: string, port: number): Promise<ChildProcess> {
  const settings = ['opcache.enable=1', 'opcache.revalidate_freq=0', 'upload_max_filesize=16M', 'post_max_size=16M', 'display_errors=0'];
  const options = [
    ...settings.flatMap((setting) => ['-d', setting]),
    '-S',
    `127.0.0.1:${String(port)}`,
    '-t',
    site,
    join(site, 'router.php'),
  ];
  const child = begin('php', options, { PHP_CLI_SERVER_WORKERS: WORKERS });
  await answers(child, { port, host: '127.0.0.1' });
  return child;
}

/** In a process group of its own: the workers of PHP's server outlive it. */
function begin(command: string, options: readonly string[], environment: Readonly<Record<string, string>> = {}): ChildProcess {
  const child = spawn(command, options, {
    stdio: 'ignore',
    detached: true,
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin`, ...environment },
  });
  process.once('exit', () => kill(child));
  return child;
}

function kill(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone.
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return kill(child);
  const gone = once(child, 'exit');
  kill(child);
  await gone;
}

/** Resolves when the process accepts connections. */
async function answers(child: ChildProcess, address: { path: string } | { port: number; host: string }): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} exited with ${String(child.exitCode)}`);
    const connected = await new Promise<boolean>((resolve) => {
      const socket = connect(address as { path: string });
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (connected) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function configOf(url: string, socket: string, constants: string): string {
  const salts = ['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'].flatMap((name) => [`${name}_KEY`, `${name}_SALT`]);
  return `<?php
define( 'DB_NAME', 'wordpress' );
define( 'DB_USER', 'root' );
define( 'DB_PASSWORD', '' );
define( 'DB_HOST', 'localhost:${socket}' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
define( 'WP_HOME', '${url}' );
define( 'WP_SITEURL', '${url}' );
define( 'FS_METHOD', 'direct' );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'DISABLE_WP_CRON', true );
define( 'WP_DEBUG', true );
define( 'WP_DEBUG_DISPLAY', false );
define( 'WP_DEBUG_LOG', __DIR__ . '/debug.log' );
${salts.map((name) => `define( '${name}', 'a salt of the tests for ${name}' );`).join('\n')}
${constants}
$table_prefix = 'wp_';
if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', __DIR__ . '/' );
}
require_once ABSPATH . 'wp-settings.php';
`;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
