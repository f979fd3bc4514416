/** Hosted MCP tools in the conversation: one row per call, whatever events arrive and in which order. */
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { DrivenStore } from './driven-store.js';

const request = { id: 'm1', type: 'mcp_approval_request', server_label: 'docs', name: 'search', arguments: '{"q":1}' };
const answer = (approve: boolean) => ({ id: 'a1', type: 'mcp_approval_response', approval_request_id: 'm1', approve });
const call = (more: object = {}) => ({
  id: 'k1',
  type: 'mcp_call',
  server_label: 'docs',
  name: 'search',
  arguments: '{"q":1}',
  output: 'found',
  error: null,
  ...more,
});
const added = (item: object) => ({ type: 'conversation.item.added', previous_item_id: null, item });
const done = (item: object) => ({ type: 'conversation.item.done', previous_item_id: null, item });
const step = (what: string) => ({ type: `response.mcp_call.${what}`, item_id: 'k1', output_index: 0 });
const lines = (driven: DrivenStore) => driven.tools.map(({ callId, server, name, status }) => `${callId} ${server}/${name} ${status}`);

test('shows the streaming arguments of a call, then its result', () => {
  const driven = new DrivenStore().feed(
    { type: 'response.output_item.added', response_id: 'r', output_index: 0, item: call({ arguments: '', output: null }) },
    { type: 'response.mcp_call_arguments.delta', response_id: 'r', item_id: 'k1', output_index: 0, delta: '{"q"' },
  );
  expect(driven.tools).toEqual([{ id: 'k1', callId: 'k1', name: 'search', server: 'docs', arguments: '{"q"', status: 'streaming' }]);
  driven.feed(
    { type: 'response.mcp_call_arguments.done', response_id: 'r', item_id: 'k1', output_index: 0, arguments: '{"q":1}' },
    step('in_progress'),
  );
  expect(driven.tools).toMatchObject([{ arguments: '{"q":1}', status: 'running' }]);
  driven.feed(step('completed'), done(call()));
  expect(driven.tools).toMatchObject([{ status: 'done' }]);
  expect(driven.calls, 'the page does not run it').toEqual([]);
});

test('shows an approval request and its call as one row in the same place', () => {
  const driven = new DrivenStore().feed(added(request), done(request));
  expect(lines(driven)).toEqual(['m1 docs/search waiting']);
  driven.feed(added(answer(true)), done(answer(true)));
  expect(lines(driven)).toEqual(['m1 docs/search running']);
  driven.feed(added(call({ approval_request_id: 'm1', output: null })), step('in_progress'));
  expect(lines(driven)).toEqual(['m1 docs/search running']);
  driven.feed(step('failed'), done(call({ approval_request_id: 'm1', output: null, error: { type: 'protocol_error' } })));
  expect(lines(driven)).toEqual(['m1 docs/search failed']);
});

test('keeps a call denied, whether the page or the server reported it', () => {
  const driven = new DrivenStore().feed(added(request), done(request));
  driven.store.settleToolCall('m1', 'denied');
  driven.feed(added(answer(true)), done(request));
  expect(lines(driven)).toEqual(['m1 docs/search denied']);
  expect(lines(new DrivenStore().feed(done(request), added(answer(false))))).toEqual(['m1 docs/search denied']);
});

test('denies an open request and fails a running tool call when the call ends', () => {
  const driven = new DrivenStore().feed(done(request), added({ ...call({ output: null }), id: 'k2' }));
  driven.store.endCall();
  expect(lines(driven)).toEqual(['m1 docs/search denied', 'k2 docs/search failed']);
});

test('shows a tool list as a row only if it failed', () => {
  const list = { id: 'l1', type: 'mcp_list_tools', server_label: 'docs', tools: [] };
  const driven = new DrivenStore().feed(added(list), { type: 'mcp_list_tools.in_progress', item_id: 'l1' }, done(list), {
    type: 'mcp_list_tools.completed',
    item_id: 'l1',
  });
  expect(lines(driven)).toEqual([]);
  driven.feed({ type: 'mcp_list_tools.failed', item_id: 'l1' }, done(list));
  expect(lines(driven)).toEqual(['l1 docs/mcp_list_tools failed']);
});

test('never throws, shows at most one row per call, and keeps final states, for any order, repetition and invalid events', () => {
  const strange: object[] = [null, 1, 'x', [], {}, '\u202e'].flatMap((value) => [
    added({ id: 'm1', type: 'mcp_approval_request', server_label: value, name: value, arguments: value }),
    done({ id: 'k1', type: 'mcp_call', server_label: value, name: value, arguments: value, approval_request_id: value, error: value }),
    added({ id: 'a2', type: 'mcp_approval_response', approval_request_id: value, approve: value }),
    { type: 'response.mcp_call.completed', item_id: value },
    { type: 'mcp_list_tools.failed', item_id: value },
    added({ id: 'z1', type: 'mcp_unheard_of', server_label: value }),
  ]);
  const linked = { approval_request_id: 'm1' };
  const events = [
    added(request),
    done(request),
    added(answer(true)),
    added(answer(false)),
    added(call(linked)),
    step('in_progress'),
    step('completed'),
    step('failed'),
    done(call(linked)),
    ...strange,
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...events), { maxLength: 20 }), (some) => {
      const driven = new DrivenStore();
      let over: string | undefined;
      for (const event of some) {
        driven.feed(event as Record<string, unknown>);
        const one = driven.tools.find(({ id }) => id === 'k1');
        if (over !== undefined) expect(one?.status).toBe(over);
        if (one && ['done', 'failed', 'denied'].includes(one.status)) over = one.status;
      }
      expect(new Set(driven.tools.map(({ id }) => id)).size).toBe(driven.tools.length);
      expect(driven.calls).toEqual([]);
      expect(driven.tools.map(({ id }) => id)).not.toContain('z1');
    }),
  );
});
