/** Connects a request to the faults of its scenario. */
import { Timers } from '../clock.js';
import type { SandboxCore } from '../core/sandbox-core.js';
import type { FaultyRequest } from '../scripting/define-fault.js';

/** One request, as its route describes it. */
export interface RoutedRequest extends Pick<FaultyRequest, 'endpoint' | 'disconnect'> {
  scenario: string | undefined;
  /** Aborted when the client disconnects. */
  signal: AbortSignal;
}

/** Responds to a request with the scenario's faults; `respond` produces the regular response. */
export async function withFaults(
  core: SandboxCore,
  { endpoint, disconnect, scenario, signal }: RoutedRequest,
  respond: () => Promise<Response>,
): Promise<Response> {
  const wait = async (ms?: number): Promise<void> => {
    const gone = AbortSignal.any([signal, core.closing.signal]);
    if (ms !== undefined) await new Timers(core.clock).sleep(ms, gone);
    else if (!gone.aborted) {
      await new Promise<void>((resolve) => {
        gone.addEventListener(
          'abort',
          () => {
            resolve();
          },
          { once: true },
        );
      });
    }
  };
  return core.scenario(scenario).faults.respond({ endpoint, disconnect, wait, respond });
}
