/** The server as an owner's Worker, with options from the test, who hears what happens through a service binding. */
import { visitorToken, voiceWorker } from '../../../src/server/runtime/worker.js';
import type { VoiceBindings, VoiceWorkerOptions } from '../../../src/server/runtime/worker.js';

interface Bindings extends VoiceBindings {
  readonly OPTIONS: VoiceWorkerOptions;
  /** Secret of signed visitor tokens; left out: anybody. */
  readonly VISITOR_SECRET?: string;
  readonly EVENTS: { fetch(address: string, init: RequestInit): Promise<Response> };
}

const voice = voiceWorker<Bindings>(({ OPTIONS, VISITOR_SECRET, EVENTS }) => ({
  ...OPTIONS,
  ...(VISITOR_SECRET !== undefined && { visitor: visitorToken({ secret: VISITOR_SECRET }) }),
  observers: [(event) => void EVENTS.fetch('http://events/', { method: 'POST', body: JSON.stringify(event) }).catch(() => undefined)],
}));

export const { VoiceState, VoiceCall } = voice;
export default voice;
