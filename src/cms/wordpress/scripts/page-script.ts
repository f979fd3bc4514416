/**
 * The script of WordPress pages with a widget: loads the widget, and gives each call a valid nonce or a proof of who the visitor is.
 *
 * Built as a classic script, because optimizer plug-ins drop `type="module"`. All it needs is in attributes of the tag, so it may be moved,
 * renamed, combined with other scripts, delayed, or run twice.
 */

import { siteTools } from './site-tools.js';
import type { SiteTool } from './site-tools.js';

/** Attributes that the plug-in writes on its tags. */
interface TagData {
  /** URL of the widget's module. */
  readonly module?: string;
  /** URL of `admin-ajax.php`. */
  readonly ajax?: string;
  /** Unix time in seconds at which the nonce in `call-url` was created. */
  readonly nonceAt?: string;
  /** Name of the agent whose server accepts proofs of this site. */
  readonly proof?: string;
  /** Names of functions of the site that the agent may call, separated by spaces. */
  readonly tools?: string;
  /** Root of the REST API. */
  readonly rest?: string;
}

/** What the script uses of the widget's event `voice-agent-before-connect`. */
interface BeforeConnect {
  readonly config: { callUrl?: string };
  waitUntil(promise: Promise<unknown>): void;
}

type Tag = HTMLElement & {
  visitorToken?: (options: { signal: AbortSignal }) => Promise<string>;
  tools?: SiteTool[];
};

/** Seconds for which a nonce of the page is used. An older page may come from a cache, with a nonce that is not valid. */
const FRESH = 600;

const dataOf = (tag: HTMLElement): TagData => tag.dataset;

/** Starts once per page. */
export function pageScript(): void {
  const marked = window as { voiceAgentPage?: boolean };
  if (marked.voiceAgentPage) return;
  marked.voiceAgentPage = true;
  document.addEventListener('voice-agent-before-connect', (event) => {
    renewNonce(event.target as HTMLElement, (event as CustomEvent<BeforeConnect>).detail);
  });
  // After an error, the next call gets a new nonce: it may be the reason.
  document.addEventListener('voice-agent-error', ({ target }) => {
    if (target instanceof HTMLElement && dataOf(target).nonceAt) target.dataset['nonceAt'] = '0';
  });
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', loadWidget);
  else loadWidget();
}

function loadWidget(): void {
  for (const tag of document.querySelectorAll<Tag>('voice-agent[data-module]')) {
    const { module = '', proof, tools, rest = '' } = dataOf(tag);
    if (tools) tag.tools = siteTools({ names: tools.split(' '), rest, nonce: () => nonceOf(tag), open: (url) => location.assign(url) });
    if (proof) tag.visitorToken = ({ signal }) => ask(tag, { action: 'voice_agent_proof', agent: proof }, signal);
    const url = new URL(module, location.href);
    // Other code may write attributes: only the plug-in's own file is loaded, from this site.
    if (url.origin === location.origin && url.pathname.endsWith('/assets/widget/voice-agent.js')) void import(/* @vite-ignore */ url.href);
  }
}

/** The nonce of the tag; `''` for calls of another server. */
function nonceOf(tag: HTMLElement): string {
  return new URL(tag.getAttribute('call-url') ?? '', location.href).searchParams.get('_wpnonce') ?? '';
}

/** Replaces an old nonce before the call. */
function renewNonce(tag: HTMLElement, { config, waitUntil }: BeforeConnect): void {
  const { nonceAt, ajax } = dataOf(tag);
  const { callUrl } = config;
  if (!nonceAt || !ajax || !callUrl || Math.abs(Date.now() / 1000 - Number(nonceAt)) < FRESH) return;
  waitUntil(
    ask(tag, { action: 'voice_agent_nonce' }).then(
      (nonce) => {
        const url = new URL(callUrl, location.href);
        url.searchParams.set('_wpnonce', nonce);
        config.callUrl = url.href;
        tag.setAttribute('call-url', url.href);
        tag.dataset['nonceAt'] = String(Math.floor(Date.now() / 1000));
      },
      // The call is tried with the old nonce, and its error is shown.
      () => undefined,
    ),
  );
}

/** Asks the plug-in. @returns the text of the response */
async function ask(tag: HTMLElement, fields: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<string> {
  const response = await fetch(dataOf(tag).ajax ?? '', {
    method: 'POST',
    body: new URLSearchParams(fields),
    credentials: 'same-origin',
    ...(signal && { signal }),
  });
  if (!response.ok) throw new Error(`The site returned ${String(response.status)}.`);
  return response.text();
}

pageScript();
