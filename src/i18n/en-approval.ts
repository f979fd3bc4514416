/** English, the part that is loaded with the first question whether a tool may run. */
import type { ApprovalStrings } from './strings.js';

/** English words of the question. */
export const enApproval: ApprovalStrings = {
  title: (tool) => `May the agent use ${tool}?`,
  server: (name) => `A tool of ${name}.`,
  announce: (tool) => `The agent asks to use ${tool}. Choose Allow or Deny, before the call controls.`,
  details: 'What it would do it with',
  noDetails: 'Without further details.',
  more: (fields) => (fields === 1 ? '1 more detail' : `${fields} more details`),
  longer: (characters) => `… ${characters} more characters`,
  allow: 'Allow',
  deny: 'Deny',
  moreTime: 'More time',
  timeRunsOut: (seconds) => `${seconds} seconds left to answer. To get more, choose More time.`,
  left: (seconds) => `Counts as Deny in ${seconds} s.`,
  waiting: (questions) => (questions === 1 ? '1 more question follows.' : `${questions} more questions follow.`),
};
