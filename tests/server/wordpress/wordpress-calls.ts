/** Requests to the call route of a real WordPress, as the widget sends them, and its settings. */
import { createSandbox } from '../../../src/sandbox/index.js';
import type { Sandbox } from '../../../src/sandbox/index.js';
import { startWordPress } from '../../support/wordpress-site.js';
import type { WordPressKind, WordPressSite } from '../../support/wordpress-site.js';

/** A WordPress with the plug-in, whose API is a sandbox. */
export interface WordPressCalls {
  readonly wordpress: WordPressSite;
  readonly sandbox: Sandbox;
  /** Replaces all settings; omitted ones have their defaults. Forgets counters and calls. */
  configure(settings?: Readonly<Record<string, unknown>>): Promise<void>;
  /** A visitor who is not logged in, or a user, whose password is their name. */
  visitor(name?: string): Promise<WordPressVisitor>;
  close(): Promise<void>;
}

/** Cookies and nonce of a visitor. */
export interface WordPressVisitor {
  readonly nonce: string;
  /** Sends a request to a path below the site, with cookies and `Origin`; `null` removes a header. */
  send(path: string, init?: RequestInit, headers?: Readonly<Record<string, string | null>>): Promise<Response>;
  /** Offers a call. */
  offer(sdp: string, query?: string, headers?: Readonly<Record<string, string | null>>): Promise<Response>;
}

/** The route below the site. */
export const CALL = '/wp-json/voice-agent/v1/call';

/** Starts both. */
export async function wordPressCalls(kind?: WordPressKind): Promise<WordPressCalls> {
  const sandbox = await createSandbox({ thinkMs: 0, speed: Infinity, mediaHosts: ['127.0.0.1'] });
  const wordpress = await startWordPress(
    `define( 'VOICE_AGENT_BASE_URL', '${sandbox.url}' ); define( 'VOICE_AGENT_API_KEY', 'sk-sandbox-wordpress' );`,
    kind,
  );
  await wordpress.installPlugin();
  const { url } = wordpress;
  return {
    wordpress,
    sandbox,
    configure: async (settings = {}) => {
      sandbox.reset();
      const all = JSON.stringify({ rate_address: 10_000, rate_visitor: 10_000, ...settings })
        .replaceAll('\\', '\\\\')
        .replaceAll("'", "\\'");
      await wordpress.php(`global $wpdb;
        foreach ( array( 'counters', 'calls' ) as $table ) { $wpdb->query( "DELETE FROM {$wpdb->prefix}voice_agent_{$table}" ); }
        VoiceAgent\\Call_Schedule::clear();
        update_option( 'voice_agent_settings', VoiceAgent\\Settings::sanitize( json_decode( '${all}', true ) ) );`);
    },
    visitor: async (name) => {
      const cookie = name ? await cookiesOf(url, name) : '';
      const send: WordPressVisitor['send'] = (path, init = {}, headers = {}) => {
        const all = { Origin: url, ...(cookie && { Cookie: cookie }), ...headers };
        const kept = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null);
        return fetch(url + path, { ...init, headers: Object.fromEntries(kept) });
      };
      const nonce = await (await send('/wp-admin/admin-ajax.php?action=voice_agent_nonce', { method: 'POST' })).text();
      return {
        nonce,
        send,
        offer: (sdp, query = '', headers = {}) =>
          send(`${CALL}?_wpnonce=${nonce}${query}`, { method: 'POST', body: sdp }, { 'Content-Type': 'application/sdp', ...headers }),
      };
    },
    close: async () => {
      await wordpress.close();
      await sandbox.close();
    },
  };
}

/** The cookies that a login sets. */
async function cookiesOf(url: string, name: string): Promise<string> {
  const response = await fetch(`${url}/wp-login.php`, {
    method: 'POST',
    redirect: 'manual',
    headers: { Cookie: 'wordpress_test_cookie=WP%20Cookie%20check' },
    body: new URLSearchParams({ log: name, pwd: name, testcookie: '1' }),
  });
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');
}

/** Status and code of a refusal. */
export async function refusal(response: Response): Promise<[number, string]> {
  const { code } = (await response.json()) as { code: string };
  return [response.status, code];
}
