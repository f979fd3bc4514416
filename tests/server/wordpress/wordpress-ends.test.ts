/** How calls of the WordPress plug-in end, and what is left of it. */
import { jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createVisitor } from '../../unit/sandbox-media/visitor.js';
import type { Visitor } from '../../unit/sandbox-media/visitor.js';
import { CALL, refusal, wordPressCalls } from './wordpress-calls.js';
import type { WordPressCalls } from './wordpress-calls.js';

let site: WordPressCalls;
let peer: Visitor;
beforeAll(async () => {
  [site, peer] = await Promise.all([wordPressCalls(), createVisitor()]);
}, 120_000);
afterEach(async () => expect(await site.wordpress.pluginErrors()).toEqual([]));
afterAll(async () => {
  await peer.close();
  await site.close();
});

const today = (): Promise<{ calls: number; seconds: number; micros: number }> => site.wordpress.php('return VoiceAgent\\Guards::today();');
const live = (): Promise<{ id: string }[]> => site.wordpress.php('return VoiceAgent\\Live_Calls::all();');
/** Changes a time of all live calls, in seconds from now. */
const setTime = (column: string, seconds: number): Promise<unknown> =>
  site.wordpress.php(
    `global $wpdb; $wpdb->query( "UPDATE {$wpdb->prefix}voice_agent_calls SET ${column} = " . ( time() + ${String(seconds)} ) );`,
  );

describe('a call', () => {
  it('gets an answer, its name and its limit; the visitor ends it and pays only for its length', async () => {
    const agent = { name: 'default', instructions: 'You are Ada.', voice: 'cedar' };
    await site.configure({ agents: [agent] });
    const visitor = await site.visitor();
    const answer = await visitor.offer(peer.offer);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('Content-Type')).toContain('application/sdp');
    expect(answer.headers.get('Cache-Control')).toContain('no-store');
    expect(answer.headers.get('Voice-Call-Limits')).toBe('seconds=300');
    expect(await answer.text()).toMatch(/^v=0\r\n/);
    const name = new URL(answer.headers.get('Location') ?? '').pathname.split('/').at(-1) ?? '';
    expect(name).toMatch(/^[0-9a-f]{32}$/);
    const call = await site.sandbox.nextCall();
    expect(call.sessionConfig).toMatchObject({ instructions: 'You are Ada.', audio: { output: { voice: 'cedar' } } });
    expect(await today()).toMatchObject({ calls: 1, seconds: 300 });
    expect(await refusal(await visitor.send(`${CALL}/${name}`, { method: 'DELETE' }))).toEqual([403, 'visitor_denied']);
    const ended = await visitor.send(`${CALL}/${name}?_wpnonce=${visitor.nonce}`, { method: 'DELETE' });
    expect(ended.status).toBe(204);
    expect(await call.ended).toBe('hangup');
    expect(await live()).toEqual([]);
    expect((await today()).seconds).toBeLessThan(30);
    expect(await refusal(await visitor.send(`${CALL}/${name}?_wpnonce=${visitor.nonce}`, { method: 'DELETE' }))).toEqual([
      404,
      'call_unknown',
    ]);
  });

  it('is told of its end by a short event stream that states when to ask again', async () => {
    await site.configure({ max_seconds: 60 });
    const visitor = await site.visitor();
    const path = `${new URL((await visitor.offer(peer.offer)).headers.get('Location') ?? '').pathname}/notices`;
    const first = await visitor.send(path, {}, { Origin: null });
    expect(first.headers.get('Content-Type')).toContain('text/event-stream');
    expect(await first.text()).toBe('retry: 20000\n\n');
    await setTime('deadline', 10);
    expect(await (await visitor.send(path)).text()).toMatch(
      /^retry: \d+\n\ndata: \{"type":"ending","reason":"duration","seconds":(10|9)\}\n\n$/,
    );
    await setTime('deadline', -1);
    expect(await (await visitor.send(path)).text()).toContain('data: {"type":"ended","reason":"duration"}');
    expect(await (await site.sandbox.nextCall()).ended).toBe('hangup');
    expect(await refusal(await visitor.send(path))).toEqual([404, 'call_unknown']);
  });

  it('is hung up at its limit by the scheduled event', async () => {
    await site.configure();
    await (await site.visitor()).offer(peer.offer);
    const call = await site.sandbox.nextCall();
    expect(await site.wordpress.php<number>('return wp_next_scheduled( "voice_agent_end_calls" ) - time();')).toBeLessThanOrEqual(90);
    await setTime('deadline', -1);
    await site.wordpress.php(
      'wp_clear_scheduled_hook( "voice_agent_end_calls" ); wp_schedule_single_event( time() - 1, "voice_agent_end_calls" );',
    );
    await fetch(`${site.wordpress.url}/wp-cron.php`);
    expect(await call.ended).toBe('hangup');
    expect(await live()).toEqual([]);
  });

  it('is hung up by the next request if its limit has passed or its page is gone', async () => {
    for (const [column, seconds] of [
      ['deadline', -1],
      ['seen', -91],
    ] as const) {
      await site.configure({ places: 1 });
      const visitor = await site.visitor();
      await visitor.offer(peer.offer);
      const call = await site.sandbox.nextCall();
      expect(await refusal(await visitor.offer(peer.offer))).toEqual([429, 'all_busy']);
      await setTime(column, seconds);
      expect((await visitor.offer(peer.offer)).status, column).toBe(201);
      expect(await call.ended).toBe('hangup');
    }
  });

  it('of a user is replaced by a further call of that user', async () => {
    await site.configure();
    const author = await site.visitor('author');
    await author.offer(peer.offer);
    const first = await site.sandbox.nextCall();
    expect((await author.offer(peer.offer)).status).toBe(201);
    expect(await first.ended).toBe('hangup');
    expect(await live()).toHaveLength(1);
  });

  it('keeps its place while the voice service does not confirm the hang-up, and is ended later', async () => {
    await site.configure({ places: 1 });
    const visitor = await site.visitor();
    const answer = await visitor.offer(peer.offer);
    const call = await site.sandbox.nextCall();
    site.sandbox.fault({ at: 'hangup', fault: 'status', status: 500, times: 1 });
    await visitor.send(`${new URL(answer.headers.get('Location') ?? '').pathname}?_wpnonce=${visitor.nonce}`, { method: 'DELETE' });
    expect(await live()).toHaveLength(1);
    expect(await refusal(await visitor.offer(peer.offer))).toEqual([429, 'all_busy']);
    await setTime('claimed', -31);
    await setTime('deadline', -1);
    expect((await visitor.offer(peer.offer)).status).toBe(201);
    expect(await call.ended).toBe('hangup');
  });

  it('that the voice service refuses costs nothing', async () => {
    await site.configure();
    site.sandbox.fault({ at: 'calls', fault: 'status', status: 503, times: 1, headers: { 'retry-after': '7' } });
    const refused = await (await site.visitor()).offer(peer.offer);
    expect(refused.headers.get('Retry-After')).toBe('7');
    expect(await refusal(refused)).toEqual([503, 'upstream_unavailable']);
    expect(await today()).toEqual({ calls: 0, seconds: 0, micros: 0 });
    expect(await live()).toEqual([]);
  });
});

it('a key counts as a call of full length', async () => {
  await site.configure({ keys: true });
  const visitor = await site.visitor();
  const answer = await visitor.send(`/wp-json/voice-agent/v1/token?_wpnonce=${visitor.nonce}`, { method: 'POST' });
  expect(await answer.json()).toEqual({ value: expect.stringMatching(/^ek_/) as string, expires_at: expect.any(Number) as number });
  expect(await today()).toMatchObject({ calls: 1, seconds: 300 });
  expect(await live()).toHaveLength(1);
});

it("signs who the visitor is for the owner's own server", async () => {
  const secret = 'a secret of at least thirty-two bytes';
  await site.configure({ server: 'own', server_url: 'https://voice.example.com/voice/call', server_audience: 'voice' });
  await site.wordpress.php(`VoiceAgent\\Secrets::store( 'server_secret', '${secret}' );`);
  const proof = async (name?: string): Promise<Record<string, unknown>> => {
    const visitor = await site.visitor(name);
    const answer = await visitor.send('/wp-admin/admin-ajax.php', {
      method: 'POST',
      body: new URLSearchParams({ action: 'voice_agent_proof' }),
    });
    const { payload } = await jwtVerify(await answer.text(), new TextEncoder().encode(secret), {
      audience: 'voice',
      issuer: site.wordpress.url,
      algorithms: ['HS256'],
      requiredClaims: ['exp', 'jti'],
    });
    return payload;
  };
  // Parallel logins of one user overwrite each other's sessions in WordPress.
  const [nobody, author, editor] = await Promise.all([proof(), proof('author'), proof('editor')]);
  const again = await proof('author');
  expect(nobody).not.toHaveProperty('sub');
  expect(author['sub']).toBe(again['sub']);
  expect(author['jti']).not.toBe(again['jti']);
  expect(author['sub']).not.toBe(editor['sub']);
  expect(JSON.stringify(author)).not.toContain('author');
  expect(await refusal(await (await site.visitor()).offer(peer.offer))).toEqual([503, 'upstream_unavailable']);
});

it('uninstalling ends live calls and leaves nothing', async () => {
  const traces = (): Promise<unknown> =>
    site.wordpress.php(`global $wpdb;
      return array(
        $wpdb->get_col( "SHOW TABLES LIKE '%voice%'" ),
        $wpdb->get_col( "SELECT option_name FROM {$wpdb->options} WHERE option_name LIKE '%voice%' OR option_value LIKE '%voice_agent%'" ),
        $wpdb->get_col( "SELECT meta_key FROM {$wpdb->usermeta} WHERE meta_key LIKE '%voice%'" ),
        glob( WP_PLUGIN_DIR . '/voice*' ),
      );`);
  await site.configure();
  await site.wordpress.php("VoiceAgent\\Secrets::store( 'api_key', 'sk-sandbox-stored' );");
  await (await site.visitor()).offer(peer.offer);
  const call = await site.sandbox.nextCall();
  await site.wordpress.php("require_once ABSPATH . 'wp-admin/includes/admin.php'; deactivate_plugins( 'voice-agent/voice-agent.php' );");
  expect(await call.ended).toBe('hangup');
  await site.wordpress.php(
    "require_once ABSPATH . 'wp-admin/includes/admin.php'; WP_Filesystem(); return delete_plugins( array( 'voice-agent/voice-agent.php' ) );",
  );
  expect(await traces()).toEqual([[], [], [], []]);
});
