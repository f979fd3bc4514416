/** The agent's chunk: loaded on intent to talk where the page has an `agent`. */
import { SdkAgentRun } from './agent-run.js';
import type { AgentRun, AgentSetup } from './transport.js';

/** The run of the call's agent; the one of the call before when it has the same agent and options. */
export function startAgent(setup: AgentSetup, before: AgentRun | undefined): AgentRun {
  const { agent, agentOptions } = setup.call;
  const goesOn = before instanceof SdkAgentRun && before.agent === agent && before.options === agentOptions;
  const run = goesOn ? before : new SdkAgentRun(setup);
  run.begin(setup);
  return run;
}
