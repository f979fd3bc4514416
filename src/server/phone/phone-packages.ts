/**
 * The packages that only phone calls need: `openai` checks webhooks, `@openai/agents` runs the agent. Loaded when they are
 * needed, and missed at start, not when somebody calls.
 */
import { VoiceServerOptionsError } from '../options.js';

const PACKAGES = ['openai', '@openai/agents'] as const;

/**
 * Looks whether the packages are installed, where the runtime can tell without loading them.
 *
 * @throws VoiceServerOptionsError with the command that installs them
 */
export function demandPhonePackages(): void {
  const missing = PACKAGES.filter((name) => !isThere(name));
  if (missing.length > 0) throw new VoiceServerOptionsError('phone', `needs packages that are not installed. Install them with: npm install ${missing.join(' ')}`);
}

function isThere(name: string): boolean {
  try {
    // Bundlers of Workers put packages in, and have no such function.
    (import.meta as { resolve?: (name: string) => string }).resolve?.(name);
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
  throw new Error(`Phone calls need packages that cannot be loaded: ${PACKAGES.join(', ')}`, { cause });
}
