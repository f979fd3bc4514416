/**
 * Packages that only phone calls need: `openai` verifies webhooks, `@openai/agents` runs the agent. They are loaded on demand; missing
 * packages are reported at startup, not on the first call.
 */
import { installCommand, packageProblem } from '../../packages/optional-packages.js';
import { VoiceServerOptionsError } from '../options.js';

const PACKAGES = ['openai', '@openai/agents'] as const;

/**
 * Checks that the packages are installed in supported versions, if the runtime can determine this without loading them.
 *
 * @throws VoiceServerOptionsError with the install command
 */
export function requirePhonePackages(): void {
  const unusable = PACKAGES.map((name) => ({ name, problem: packageProblem(name) })).filter(({ problem }) => problem);
  if (unusable.length === 0) return;
  const problems = unusable.map(({ problem }) => problem).join('; ');
  throw new VoiceServerOptionsError(
    'phone',
    `needs packages that cannot be used: ${problems}. Install them with: ${installCommand(unusable.map(({ name }) => name))}`,
  );
}

// With a `catch` on each `import()`, a Worker's bundler skips a package that is not installed instead of failing.

/** Loads the package that verifies webhooks. */
export const loadOpenAI = (): Promise<typeof import('openai')> => import('openai').catch(missing);

/** Loads the package that runs agents. */
export const loadAgentsSdk = (): Promise<typeof import('@openai/agents/realtime')> => import('@openai/agents/realtime').catch(missing);

function missing(cause: unknown): never {
  throw new Error(`Phone calls require packages that could not be loaded: ${PACKAGES.join(', ')}`, { cause });
}
