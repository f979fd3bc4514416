/** The server as a site's own Worker, with options from the test, which receives events through a service binding. */
import { visitorToken, voiceWorker } from '../../../src/server/runtime/cloudflare/worker.js';
import type { ServerTool, VoiceBindings, VoiceWorkerOptions } from '../../../src/server/runtime/cloudflare/worker.js';

interface Bindings extends VoiceBindings {
  readonly OPTIONS: VoiceWorkerOptions;
  /** Secret of signed visitor tokens; if omitted, every visitor is accepted. */
  readonly VISITOR_SECRET?: string;
  readonly EVENTS: { fetch(address: string, init: RequestInit): Promise<Response> };
}

/** Options that bindings cannot represent: the site's own code. */
const price: ServerTool = {
  name: 'price',
  description: 'Tells the price of a thing.',
  parameters: { type: 'object', properties: { thing: { type: 'string' } }, required: ['thing'] },
  execute: (args, { profile, visitor }) => ({ euros: 7, of: (args as { thing: string }).thing, profile, known: visitor !== undefined }),
};

const voice = voiceWorker<Bindings>(({ OPTIONS, VISITOR_SECRET, EVENTS }) => ({
  ...OPTIONS,
  ...(OPTIONS.profiles && { profiles: { ...OPTIONS.profiles, shop: { ...OPTIONS.profiles['shop'], tools: [price] } } }),
  ...(VISITOR_SECRET !== undefined && { visitor: visitorToken({ secret: VISITOR_SECRET }) }),
  observers: [(event) => void EVENTS.fetch('http://events/', { method: 'POST', body: JSON.stringify(event) }).catch(() => undefined)],
}));

export const { VoiceState, VoiceCall } = voice;
export default voice;
