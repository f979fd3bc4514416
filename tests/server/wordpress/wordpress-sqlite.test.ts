/** The WordPress plug-in in WordPress 6.5 with SQLite: install, call, limits under parallel requests, uninstall. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createVisitor } from '../../unit/sandbox-media/visitor.js';
import type { Visitor } from '../../unit/sandbox-media/visitor.js';
import { refusal, wordPressCalls } from './wordpress-calls.js';
import type { WordPressCalls } from './wordpress-calls.js';

let site: WordPressCalls;
let peer: Visitor;
beforeAll(async () => {
  [site, peer] = await Promise.all([wordPressCalls('sqlite'), createVisitor()]);
}, 120_000);
afterAll(async () => {
  await peer.close();
  await site.close();
});

it('places a call and ends it', async () => {
  await site.configure();
  expect(await site.wordpress.php('return get_bloginfo( "version" );')).toMatch(/^6\.5/);
  const visitor = await site.visitor('admin');
  const answer = await visitor.offer(peer.offer);
  expect(answer.status).toBe(201);
  const call = await site.sandbox.nextCall();
  await visitor.send(`${new URL(answer.headers.get('Location') ?? '').pathname}?_wpnonce=${visitor.nonce}`, { method: 'DELETE' });
  expect(await call.ended).toBe('hangup');
  expect(await site.wordpress.php('return VoiceAgent\\Live_Calls::all();')).toEqual([]);
  expect(await site.wordpress.php('return VoiceAgent\\Guards::today();')).toMatchObject({ calls: 1 });
});

it('gives the last free place, and the last call of the day, to at most one of 50 parallel requests', async () => {
  for (const [settings, code] of [
    [{ places: 1, calls_per_day: 1000 }, 'all_busy'],
    [{ places: 50, calls_per_day: 1 }, 'budget_spent'],
  ] as const) {
    await site.configure({ ...settings, minutes_per_day: 10_000, minutes_per_visitor: 10_000, money_per_day: '' });
    const visitor = await site.visitor();
    const answers = await Promise.all(Array.from({ length: 50 }, () => visitor.offer(peer.offer)));
    const refused = await Promise.all(answers.filter(({ status }) => status !== 201).map(refusal));
    console.log(
      settings,
      answers.filter(({ status }) => status === 201).length,
      refused
        .map(String)
        .sort()
        .filter((c, i, a) => a[i - 1] !== c),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(refused.some(([, one]) => one === code)).toBe(true);
    expect(site.sandbox.calls.length).toBe(1);
  }
});

it('leaves nothing when it is uninstalled', async () => {
  await site.configure();
  await site.wordpress.php(
    "require_once ABSPATH . 'wp-admin/includes/admin.php'; deactivate_plugins( 'voice-agent/voice-agent.php' ); WP_Filesystem(); delete_plugins( array( 'voice-agent/voice-agent.php' ) );",
  );
  const traces = await site.wordpress.php(`global $wpdb;
    return array(
      $wpdb->get_col( "SHOW TABLES LIKE '%voice%'" ),
      $wpdb->get_col( "SELECT option_name FROM {$wpdb->options} WHERE option_name LIKE '%voice%' OR option_value LIKE '%voice_agent%'" ),
    );`);
  expect(traces).toEqual([[], []]);
});
