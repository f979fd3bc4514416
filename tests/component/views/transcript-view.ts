/** A standalone transcript, and helpers to read its content. */
import { html } from 'lit';
import type { ConversationItem, Message } from '../../../src/contract/index.js';
import type { VoiceAgentTranscript } from '../../../src/views/transcript.js';
import { mount, part, strings, turn } from './mount.js';

export const of = async (messages: readonly ConversationItem[]): Promise<VoiceAgentTranscript> => {
  const size = 'block-size: 400px; inline-size: 360px';
  return mount<VoiceAgentTranscript>(
    html`<voice-agent-transcript style=${size} .items=${messages} .strings=${strings}></voice-agent-transcript>`,
  );
};
export const many = (count: number): Message[] => Array.from({ length: count }, (_, index) => turn(`m${index}`, `Message ${index}`));
export const log = (view: VoiceAgentTranscript): HTMLElement => view.renderRoot.querySelector('[role=log]') as HTMLElement;
export const tail = (view: VoiceAgentTranscript): HTMLElement => view.renderRoot.querySelector('.tail') as HTMLElement;
/** The texts of the rows, without the hidden speaker names. */
export const texts = (root: ParentNode): (string | null)[] =>
  [...root.querySelectorAll('p[dir] > :last-child')].map((text) => text.textContent);
export const scroller = (view: VoiceAgentTranscript): HTMLElement => part(view, 'scroller');
export const atEnd = (view: VoiceAgentTranscript): boolean => {
  const { scrollTop, scrollHeight, clientHeight } = scroller(view);
  return scrollHeight - clientHeight - scrollTop < 2;
};
export const scrolled = (view: VoiceAgentTranscript): Promise<unknown> =>
  new Promise((resolve) => scroller(view).addEventListener('scroll', resolve, { once: true }));

/** What a screen reader would announce: rows added to the log after the start. */
export function announcements(view: VoiceAgentTranscript): () => string[] {
  const announced: string[] = [];
  const take = (records: MutationRecord[]): void => {
    for (const { addedNodes } of records) for (const node of addedNodes) announced.push(node.textContent ?? '');
  };
  const observer = new MutationObserver(take);
  observer.observe(log(view), { childList: true, subtree: true, characterData: true });
  return () => {
    take(observer.takeRecords());
    return announced;
  };
}
