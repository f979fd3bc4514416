/** Applies the script's faults to a call after an event, or when the call opens. */
import type { SandboxCall } from '../call/sandbox-call.js';
import type { Timers } from '../clock.js';
import type { Outbox } from '../call/outbox.js';
import type { CallScript } from './scenario.js';
import type { CallFault } from './script.js';

/** The part of a call that faults act on. */
interface FaultyCall extends SandboxCall {
  readonly script: CallScript;
  readonly timers: Timers;
  readonly outbox: Outbox;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Runs the faults triggered by `event`. */
export function runCallFaults(call: FaultyCall, event: string): void {
  for (const fault of call.script.faults.call(event)) {
    if (fault.when?.ms === undefined) strike(call, fault);
    else {
      call.timers.after(fault.when.ms, () => {
        strike(call, fault);
      });
    }
  }
}

function strike(call: FaultyCall, fault: CallFault): void {
  switch (fault.fault) {
    case 'close-channel':
      call.closeChannel();
      return;
    case 'hang-up':
      call.hangUp();
      return;
    case 'loss':
      call.setLoss(fault.share);
      return;
    case 'silence':
      call.setSilence(true);
      return;
    case 'inject':
      for (let count = 0; count < (fault.repeat ?? 1); count++) call.sendEvent({ type: 'unknown', ...fault.event });
      return;
    case 'raw':
      call.sendRaw(fault.text);
      return;
    case 'burst':
      burst(call, fault);
  }
}

/** Sends the deltas due every 10 ms, so that a late timer does not slow the stream down. */
function burst(call: FaultyCall, fault: Extract<CallFault, { fault: 'burst' }>): void {
  const place = { response_id: 'resp_burst', item_id: 'item_burst', output_index: 0, content_index: 0 };
  const start = call.now();
  let sent = 0;
  const slice = (): void => {
    const due = Math.min(fault.count, Math.ceil(((call.now() - start + 10) * fault.perSecond) / 1000));
    for (; sent < due; sent++) {
      call.outbox.emit({ type: 'response.output_audio_transcript.delta', ...place, delta: fault.delta ?? `${String(sent + 1)} ` });
    }
    if (sent < fault.count) call.timers.after(10, slice);
  };
  slice();
}
