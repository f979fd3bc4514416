/**
 * The packages that only phone calls need: `openai` checks webhooks, `@openai/agents` runs the agent. Loaded when they are
 * needed, and missed at start, not when somebody calls.
 */
import { installCommand, packageProblem } from '../../packages/optional-packages.js';
import { VoiceServerOptionsError } from '../options.js';

const PACKAGES = ['openai', '@openai/agents'] as const;

/**
 * Checks that the packages are installed in versions that work, where the runtime can find out without loading them.
 *
 * @throws VoiceServerOptionsError with the command that installs them
 */
export function demandPhonePackages(): void {
  const unusable = PACKAGES.map((name) => ({ name, problem: packageProblem(name) })).filter(({ problem }) => problem);
  if (unusable.length === 0) return;
  const problems = unusable.map(({ problem }) => problem).join('; ');
  throw new VoiceServerOptionsError('phone', `needs packages that cannot be used: ${problems}. Install them with: ${installCommand(unusable.map(({ name }) => name))}`);
}

// With a `catch` of its own, the bundler of a Worker leaves out a package that is not installed, instead of failing.

/** Checks webhooks. */
export const loadOpenAI = (): Promise<typeof import('openai')> => import('openai').catch(missing);

/** Runs agents. */
export const loadAgentsSdk = (): Promise<typeof import('@openai/agents/realtime')> => import('@openai/agents/realtime').catch(missing);

function missing(cause: unknown): never {
  throw new Error(`Phone calls need packages that cannot be loaded: ${PACKAGES.join(', ')}`, { cause });
}
