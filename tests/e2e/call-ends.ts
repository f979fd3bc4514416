/** Ends of active calls, one after another in one page: each releases everything and emits at most one error. */
import type { ErrorCode } from '../../src/contract/errors.js';
import type { SandboxCall } from '../../src/sandbox/index.js';
import { NOTHING } from '../support/resource-probe.js';
import type { ResourceProbe } from '../support/resource-probe.js';
import type { EventList } from '../support/event-list.js';
import type { Site } from '../support/site.js';
import { expect, test } from './fixtures.js';
import type { Widget } from './fixtures.js';

/** A way to end an active call. */
export interface End {
  readonly how: string;
  readonly state: 'disconnected' | 'failed';
  /** Expected errors. */
  readonly errors: readonly ErrorCode[];
  end(widget: Widget, call: SandboxCall): unknown;
}

export const SERVER_HANGS_UP: End = { how: 'the server hangs up', state: 'disconnected', errors: [], end: (_, call) => call.hangUp() };

export const SESSION_EXPIRES: End = {
  how: 'the session expires',
  state: 'failed',
  errors: ['session_expired'],
  end: (_, call) =>
    call.sendEvent({
      type: 'error',
      error: {
        type: 'invalid_request_error',
        code: 'session_expired',
        message: 'Your session hit the maximum duration.',
        param: null,
        event_id: null,
      },
    }),
};

/** Ends the current call, then each call started by the next press; the last press starts one more. `held`: resources of an active call. */
export async function expectEnds(
  ends: readonly End[],
  {
    widget,
    site,
    resources,
    fired,
  }: { readonly widget: Widget; readonly site: Site; readonly resources: ResourceProbe; readonly fired: EventList },
  held: Readonly<Record<string, number>>,
  afterEach: () => unknown = () => undefined,
): Promise<void> {
  let checked = 0;
  for (const { how, state, errors, end } of ends) {
    await test.step(how, async () => {
      await widget.reaches('connected');
      const call = await site.sandbox.nextCall();
      await expect.poll(() => resources.held(), 'resources held during the call').toMatchObject(held);
      await end(widget, call);
      await widget.reaches(state);
      expect(await resources.settled()).toEqual(NOTHING);
      await afterEach();
      const newErrors = (await fired.of('voice-agent-error')).slice(checked);
      expect(newErrors.map(({ error }) => error.code)).toEqual(errors);
      checked += newErrors.length;
      // The transcript stays, and one press calls again.
      await widget.button(state === 'failed' ? 'Try again' : 'Call again').click();
    });
  }
}
