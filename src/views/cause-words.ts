/** Plain words for what the server named as the cause of a failed answer. */
import type { VoiceAgentError } from '../contract/index.js';
import type { Strings, Words } from '../i18n/strings.js';

/** The words for a server's `reason`; `undefined` for one that is not known. */
export const causeWords = (reason: string | undefined, { causes }: Strings): Words | undefined =>
  reason !== undefined && Object.hasOwn(causes, reason) ? causes[reason] : undefined;

/** The words for an error. The cause goes before the code, where an answer is concerned. */
export const errorWords = ({ code, reason }: VoiceAgentError, s: Strings): Words =>
  ((code === 'server_error' || code === 'answer_incomplete') && causeWords(reason, s)) || s.errors[code];
