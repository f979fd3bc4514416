import { bundleModule } from './bench-bundle.js';

/** The unmodified SDK, bundled as by a page's own build: `OpenAIRealtimeWebRTC` of `@openai/agents/realtime`. */
export const bundleStockSdk = (): Promise<string> => bundleModule("export { OpenAIRealtimeWebRTC } from '@openai/agents/realtime';");
