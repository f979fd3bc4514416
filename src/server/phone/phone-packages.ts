/**
 * The packages that only phone calls need: `openai` checks webhooks, `@openai/agents` runs the agent. Loaded when they are
 * needed, and missed at start, not when somebody calls.
 */
import { VoiceServerOptionsError } from '../options.js';

/** Package and what of it is loaded. */
const PACKAGES = { openai: 'openai', '@openai/agents': '@openai/agents/realtime' } as const;

/**
 * Looks whether the packages are installed, where the runtime can tell without loading them.
 *
 * @throws VoiceServerOptionsError with the command that installs them
 */
export function demandPhonePackages(): void {
  const missing = Object.entries(PACKAGES).flatMap(([name, module]) => (isThere(module) ? [] : [name]));
  if (missing.length > 0) throw new VoiceServerOptionsError('phone', `needs packages that are not installed. Install them with: npm install ${missing.join(' ')}`);
}

function isThere(module: string): boolean {
  try {
    // Bundlers of Workers put packages in, and have no such function.
    (import.meta as { resolve?: (name: string) => string }).resolve?.(module);
    return true;
  } catch (error) {
    const { code } = error as { code?: unknown };
    return code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND';
  }
}

// With a `catch` of its own, the bundler of a Worker leaves out a package that is not installed, instead of failing.

/** Checks webhooks. */
export const loadOpenAI = (): Promise<typeof import('openai')> => import('openai').catch(missing);

/** Runs agents. */
export const loadAgentsSdk = (): Promise<typeof import('@openai/agents/realtime')> => import('@openai/agents/realtime').catch(missing);

function missing(cause: unknown): never {
  throw new Error(`Phone calls need packages that cannot be loaded: ${Object.keys(PACKAGES).join(', ')}`, { cause });
}
