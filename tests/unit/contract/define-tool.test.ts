import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { defineTool } from '../../../src/contract/index.js';

test('defineTool() returns the tool and types its functions by a zod schema', () => {
  const tool = {
    name: 'set_alarm',
    parameters: z.object({ time: z.string(), day: z.coerce.number().default(1), tags: z.array(z.enum(['a', 'b'])).optional() }),
    needsApproval: true,
    execute: () => 'set',
  };
  expect(defineTool(tool)).toBe(tool);
  defineTool({
    ...tool,
    needsApproval: ({ day }) => day > 1,
    execute: (args) => expectTypeOf(args).toEqualTypeOf<{ time: string; day: number; tags?: ('a' | 'b')[] | undefined }>(),
  });
});

test('defineTool() infers the argument types from a JSON Schema', () => {
  const tool = defineTool({
    name: 'find_order',
    parameters: { type: 'object', properties: { number: { type: 'integer' }, status: { enum: ['open', 'closed'] } }, required: ['number'] },
    execute: ({ number, status }) => {
      expectTypeOf(number).toEqualTypeOf<number>();
      expectTypeOf(status).toEqualTypeOf<'open' | 'closed' | undefined>();
      return `${number} ${status ?? 'any'}`;
    },
  });
  expect(tool.execute({ number: 3 } as never, { signal: new AbortController().signal, callId: 'call' })).toBe('3 any');
});
