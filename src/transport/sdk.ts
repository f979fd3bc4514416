/** The one import of the Agents SDK, behind zod's switch. */
import { zodIsJitless } from './zod-jitless.js';
import { OpenAIRealtimeWebRTC as SdkWebRtc } from '@openai/agents/realtime';

if (!zodIsJitless) throw new Error('zod must be configured before the SDK is loaded');

export { SdkWebRtc };
export type { OpenAIRealtimeEventTypes as SdkEvents } from '@openai/agents/realtime';
