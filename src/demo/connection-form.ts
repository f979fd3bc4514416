/**
 * The connection options of the demo page: key or brokered call, transport, dialect, mode, reconnect. Selects the server that the widget
 * connects to: the demo runs one sandbox per dialect, and transcription keys come from a different endpoint than conversation keys.
 */
import type { DialectName } from '../contract/dialect.js';
import type { VoiceAgent } from '../element/voice-agent.js';

/** Endpoints of one server of the demo; `start-demo.ts` writes the list into the page. */
export interface Service {
  readonly dialect: DialectName;
  readonly mode: string;
  /** Realtime API root. */
  readonly baseUrl: string;
  /** Key endpoint, on the page's own origin; omitted if the server needs no key. */
  readonly tokenUrl?: string;
  /** Endpoint for brokered calls; omitted if the server does not support them. */
  readonly callUrl?: string;
  /** Model that the call must name. */
  readonly model?: string;
}

/** Binds the options to the widget. They take effect with the next call. */
export function bindConnectionForm(agent: VoiceAgent, form: HTMLFormElement, dictation: HTMLElement): void {
  const services = JSON.parse(document.documentElement.dataset['services'] ?? '[]') as Service[];
  const chosen = (name: string): string => {
    const value = new FormData(form).get(name);
    return typeof value === 'string' ? value : '';
  };
  const radio = (name: string, value: string): HTMLInputElement | null => form.querySelector(`[name="${name}"][value="${value}"]`);

  const apply = (): void => {
    const dialect = chosen('dialect') || 'ga';
    const mode = chosen('mode') || 'conversation';
    const only = form.querySelector<HTMLOptionElement>(`[name="dialect"] [value="${dialect}"]`)?.dataset['only'];
    const webRtc = radio('transport', 'webrtc');
    if (webRtc) webRtc.disabled = only === 'websocket';
    const socket = radio('transport', 'websocket');
    if (only && socket) socket.checked = true;
    const service = services.find((one) => one.dialect === dialect && one.mode === mode);
    const [token, broker] = [radio('key', 'token'), radio('key', 'call')];
    const brokers = service?.callUrl !== undefined && chosen('transport') === 'webrtc';
    if (broker) broker.disabled = !brokers;
    if (token && !brokers) token.checked = true;
    const brokered = chosen('key') === 'call';
    const settings: Record<string, string | undefined> = {
      transport: chosen('transport'),
      dialect,
      mode,
      'call-url': brokered ? service?.callUrl : undefined,
      // In a brokered call, the page contacts only its own server.
      'base-url': brokered ? undefined : service?.baseUrl,
      'token-url': brokered ? undefined : service?.tokenUrl,
      model: brokered ? undefined : service?.model,
      for: mode === 'transcription' ? 'dictation' : undefined,
    };
    for (const [name, value] of Object.entries(settings)) {
      if (value === undefined) agent.removeAttribute(name);
      else agent.setAttribute(name, value);
    }
    agent.toggleAttribute('reconnect', chosen('reconnect') !== '');
    dictation.hidden = mode !== 'transcription';
  };

  for (const option of form.querySelectorAll<HTMLOptionElement>('[name="dialect"] option')) {
    // A real API speaks only one dialect.
    option.hidden = option.disabled = !services.some(({ dialect }) => dialect === option.value);
  }
  form.addEventListener('input', ({ target }) => {
    const { name } = target as HTMLInputElement;
    if (['key', 'transport', 'dialect', 'mode', 'reconnect'].includes(name)) apply();
  });
  apply();
}
