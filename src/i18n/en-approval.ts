/** English strings of the approval request, loaded with the first one. */
import type { ApprovalStrings } from './strings.js';

/** English strings of the approval request. */
export const enApproval: ApprovalStrings = {
  title: (tool) => `Let the agent use ${tool}?`,
  server: (name) => `Provided by ${name}.`,
  announce: (tool) => `The agent wants to use ${tool}. Choose Allow or Deny, just before the call controls.`,
  details: 'Request details',
  noDetails: 'No further details.',
  more: (fields) => (fields === 1 ? '1 more detail' : `${fields} more details`),
  longer: (characters) => `… ${characters} more characters`,
  allow: 'Allow',
  deny: 'Deny',
  moreTime: 'More time',
  timeRunsOut: (seconds) => `${seconds} seconds left to decide. Choose More time to extend.`,
  left: (seconds) => `Denied automatically in ${seconds} s.`,
  waiting: (questions) => (questions === 1 ? '1 more request pending.' : `${questions} more requests pending.`),
};
