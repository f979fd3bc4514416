/** The agent's chunk: loaded when the visitor shows intent to talk, if the page has an `agent`. */
import { SdkAgentRun } from './agent-run.js';
import type { AgentRun, AgentSetup } from '../transport.js';

/** The run of the call's agent; the previous call's run if it has the same agent and options. */
export function startAgent(setup: AgentSetup, before: AgentRun | undefined): AgentRun {
  const { agent, agentOptions } = setup.call;
  const goesOn = before instanceof SdkAgentRun && before.agent === agent && before.options === agentOptions;
  const run = goesOn ? before : new SdkAgentRun(setup);
  run.begin(setup);
  return run;
}
