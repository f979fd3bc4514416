/** Tool calls in the conversation: when they run, and when they are done. */
import { describe, expect, it } from 'vitest';
import { DrivenStore, item, on } from './driven-store.js';

describe('tool calls', () => {
  it('stream, run when their item is complete, and are done with their output', () => {
    const driven = new DrivenStore().feed(on.output('r', item.call('f')), {
      type: 'response.function_call_arguments.delta',
      response_id: 'r',
      item_id: 'f',
      output_index: 0,
      call_id: 'call_f',
      delta: '{"a"',
    });
    expect(driven.tools).toEqual([{ id: 'f', callId: 'call_f', name: 'look_up', arguments: '{"a"', status: 'streaming' }]);
    driven.feed({
      type: 'response.function_call_arguments.done',
      response_id: 'r',
      item_id: 'f',
      output_index: 0,
      call_id: 'call_f',
      name: 'look_up',
      arguments: '{"a":1}',
    });
    expect(driven.calls).toEqual([]);
    driven.feed(
      on.outputDone('r', item.call('f', '{"a":1}', 'completed')),
      on.itemDone(item.call('f', '{"a":1}', 'completed')),
      on.done('r'),
    );
    expect(driven.calls).toEqual([{ id: 'f', callId: 'call_f', name: 'look_up', arguments: '{"a":1}', status: 'running' }]);
    driven.feed(on.added(item.result('o', 'f'), 'f'));
    expect(driven.tools.map(({ status }) => status)).toEqual(['done']);
    driven.feed(on.done('r', 'completed', [item.call('f', '{"a":1}', 'completed')]));
    expect(driven.tools.map(({ status }) => status)).toEqual(['done']);
    expect(driven.calls).toHaveLength(1);
    expect(driven.lines).toEqual([]);
  });

  it('are reported at once, not with the frame', () => {
    const driven = new DrivenStore().feed(on.outputDone('r', item.call('f', '{}', 'completed')));
    expect(driven.pending).toBeTypeOf('function');
    expect(driven.calls).toHaveLength(1);
  });

  it('never run if their response was cut', () => {
    const done = {
      type: 'response.function_call_arguments.done',
      response_id: 'r',
      item_id: 'f',
      output_index: 0,
      call_id: 'call_f',
      name: 'look_up',
      arguments: '{"a',
    };
    const driven = new DrivenStore().feed(
      on.output('r', item.call('f')),
      done,
      on.outputDone('r', item.call('f', '{"a', 'incomplete')),
      on.done('r', 'cancelled'),
    );
    expect(driven.calls).toEqual([]);
    expect(driven.tools.map(({ status }) => status)).toEqual(['failed']);
    expect(new DrivenStore().feed(on.output('r', item.call('f')), done, on.done('r', 'cancelled')).tools[0]?.status).toBe('failed');
  });

  it('do not run again if a page replays them', () => {
    const driven = new DrivenStore().feed(
      on.added(item.call('f', '{}', 'completed')),
      on.itemDone(item.call('f', '{}', 'completed')),
      on.added(item.result('o', 'f')),
    );
    expect(driven.calls).toEqual([]);
    expect(driven.tools.map(({ status }) => status)).toEqual(['done']);
  });

  it('can be completed by the page', () => {
    const driven = new DrivenStore().feed(on.outputDone('r', item.call('f', '{}', 'completed')));
    driven.store.settleToolCall('call_f', 'failed');
    expect(driven.tools.map(({ status }) => status)).toEqual(['failed']);
  });
});
