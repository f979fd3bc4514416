/** Does to a call what its script says happens after an event, or when the call opens. */
import type { Call } from './call.js';
import type { CallFault } from './scenario-types.js';

/** Runs the faults that wait for `event`. */
export function runCallFaults(call: Call, event: string): void {
  for (const fault of call.script.faults.call(event)) {
    if (fault.when?.ms === undefined) strike(call, fault);
    else {
      call.timers.after(fault.when.ms, () => {
        strike(call, fault);
      });
    }
  }
}

function strike(call: Call, fault: CallFault): void {
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

/** Sends deltas in slices of 10 ms, so that the rate is what was asked for and other calls get their turn. */
function burst(call: Call, fault: Extract<CallFault, { fault: 'burst' }>): void {
  const perSlice = Math.max(1, Math.round(fault.perSecond / 100));
  const place = { response_id: 'resp_burst', item_id: 'item_burst', output_index: 0, content_index: 0 };
  let sent = 0;
  const slice = (): void => {
    for (let count = 0; count < perSlice && sent < fault.count; count++) {
      sent++;
      call.outbox.emit({ type: 'response.output_audio_transcript.delta', ...place, delta: fault.delta ?? `${String(sent)} ` });
    }
    if (sent < fault.count) call.timers.after(10, slice);
  };
  slice();
}
