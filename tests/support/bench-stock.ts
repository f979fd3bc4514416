import { bundleModule } from './bench-bundle.js';

/** The stock SDK as a page would bundle it: `OpenAIRealtimeWebRTC` of `@openai/agents/realtime`, unmodified. */
export const bundleStockSdk = (): Promise<string> => bundleModule("export { OpenAIRealtimeWebRTC } from '@openai/agents/realtime';");
