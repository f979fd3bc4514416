import { describe, expect, it } from 'vitest';
import { PAGE, ask, goodAnswer, server, upstream } from '../token-route-support.js';

const SHOP = 'https://shop.example';
const PROFILES = {
  default: { session: { instructions: 'The default.' } },
  support: { session: { instructions: 'The support.' }, allowedOrigins: [SHOP] },
  brokered: { access: ['call'] as const },
};

async function outcome(query: string, headers: Record<string, string | null> = {}) {
  const { fetch, asked } = upstream(goodAnswer);
  const { app, refusals } = server({ fetch, profiles: PROFILES });
  const [path, init] = ask(headers);
  const answer = await app.request(`${path}${query}`, init);
  const body = (await answer.json()) as { code?: string };
  return {
    status: answer.status,
    code: body.code,
    asked: asked.map(({ body }) => (body['session'] as { instructions?: string } | undefined)?.instructions),
    refusals,
    answer,
  };
}

describe('the profile that a page requests', () => {
  it('is the default if it is omitted', async () => {
    expect(await outcome('')).toMatchObject({ status: 200, asked: ['The default.'] });
    expect(await outcome('?profile=default')).toMatchObject({ status: 200, asked: ['The default.'] });
  });

  it('is found by name', async () => {
    expect(await outcome('?profile=support', { Origin: SHOP })).toMatchObject({ status: 200, asked: ['The support.'] });
  });

  it('serves only its own origins', async () => {
    const wrong = await outcome('?profile=support');
    expect(wrong).toMatchObject({ status: 403, code: 'origin_denied', asked: [] });
    // The page has an allowed origin, so it can read the reason.
    expect(wrong.answer.headers.get('Access-Control-Allow-Origin')).toBe(PAGE);
    expect(await outcome('', { Origin: SHOP })).toMatchObject({ status: 403, code: 'origin_denied', asked: [] });
    expect(await outcome('?profile=support', { Origin: 'https://evil.example' })).toMatchObject({ status: 403, asked: [] });
  });

  const unknown = [
    'unknown',
    '',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'Default',
    'default%20',
    'default%00',
    '%F0%9F%92%A9',
    'brokered',
    'x'.repeat(4_000),
  ];
  it.each(unknown)('is refused if unknown: %j', async (name) => {
    const { refusals, ...rest } = await outcome(`?profile=${name}`);
    expect(rest).toMatchObject({ status: 404, code: 'profile_unknown', asked: [] });
    expect(refusals).toMatchObject([{ code: 'profile_unknown', status: 404 }]);
  });

  it('is refused if it is given twice', async () => {
    expect(await outcome('?profile=default&profile=support')).toMatchObject({ status: 404, code: 'profile_unknown', asked: [] });
  });

  it('is part of the refused event', async () => {
    const { fetch } = upstream(() => new Response(null, { status: 401 }));
    const told: unknown[] = [];
    const { app } = server({
      fetch,
      profiles: PROFILES,
      observers: [(event) => void (event.type === 'refused' && told.push([event.route, event.profile, event.code]))],
    });
    const [path, init] = ask();
    await app.request(`${path}?profile=default`, init);
    await app.request('/voice/whatever-somebody-tries', init);
    expect(told).toEqual([
      ['/voice/token', 'default', 'upstream_failed'],
      ['other', undefined, 'not_found'],
    ]);
  });
});
