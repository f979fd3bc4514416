/** Texts for the cause that the server gave for a failed answer. */
import type { VoiceAgentError } from '../contract/index.js';
import type { Strings } from '../i18n/strings.js';
import type { Words } from '../i18n/words.js';

/** The texts for a server's `reason`; `undefined` if unknown. */
export const causeWords = (reason: string | undefined, { causes }: Strings): Words | undefined =>
  reason !== undefined && Object.hasOwn(causes, reason) ? causes[reason] : undefined;

/** The texts for an error. For answers, the cause takes precedence over the code. */
export const errorWords = ({ code, reason }: VoiceAgentError, s: Strings): Words =>
  ((code === 'server_error' || code === 'answer_incomplete') && causeWords(reason, s)) || s.errors[code];
