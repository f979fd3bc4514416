/**
 * Keeps zod from probing `new Function("")`, which a strict Content-Security-Policy would report as a violation. zod
 * reads the switch while schemas are made, so this module must be evaluated before the SDK's: `sdk.ts` imports it
 * first. The switch is page-global by zod's design and only trades compiled parsers for interpreted ones.
 */
const shared = globalThis as { __zod_globalConfig?: { jitless?: boolean } };

(shared.__zod_globalConfig ??= {}).jitless = true;

/** Read by `sdk.ts` so that no bundler drops this module or moves it behind the SDK. */
export const zodIsJitless = true;
