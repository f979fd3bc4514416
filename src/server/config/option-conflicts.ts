/**
 * Validates dependencies between options. Each check only reads options that are valid themselves, so that all errors are
 * reported at once and none twice.
 */
import { fieldsOf, type Fields } from '../../contract/fields.js';
import type { ProfileOptions, VoiceServerOptions } from '../options.js';
import { sipUser } from '../phone/sip-header.js';
import { budgetConflicts } from './budget-conflicts.js';
import type { NamedProfile } from './budget-conflicts.js';
import { keyConflicts } from './key-conflicts.js';
import { sessionRequest } from './session-request.js';
import { hasErrorAt, pathText } from './validation-errors.js';
import type { ValidationError } from './validation-errors.js';

/** The options used by these checks. */
export type CheckedOptions = Omit<VoiceServerOptions, 'visitor' | 'state'>;

/** Turn detection fields that the API rejects in phone calls. */
const UNSUPPORTED_BY_PHONE = ['threshold', 'prefix_padding_ms', 'silence_duration_ms'];

/** Reports an error. */
type Report = (path: string, problem: string) => void;

/**
 * Errors in the combination of options.
 *
 * @param found errors found so far
 */
export function optionConflicts(options: CheckedOptions, found: readonly ValidationError[]): readonly ValidationError[] {
  if (typeof options !== 'object' || options === null) return [];
  const errors: ValidationError[] = [];
  const isValid = (path: string): boolean => !hasErrorAt(found, path);
  const report: Report = (path, problem) => errors.push({ path, problem });
  const { session, profiles } = options;
  if (['upstream', 'profiles', 'pepper'].every(isValid)) errors.push(...keyConflicts(options));
  if (session !== undefined && profiles !== undefined)
    report('session', 'cannot be combined with profiles; use profiles.default.session instead.');
  if (isObject(profiles)) {
    const names = Object.keys(profiles);
    if (names.length === 0) report('profiles', 'must contain at least one agent.');
    for (const name of names) {
      if (!/^[a-z0-9-]{1,64}$/.test(name))
        report(pathText(['profiles', name]), 'is not a valid name: use 1 to 64 characters from a-z, 0-9 and "-".');
    }
  }
  for (const [at, profile] of namedProfiles(options)) {
    const path = (...steps: PropertyKey[]): string => pathText([...at, ...steps]);
    if (at.length > 0 && !isValid(path())) continue;
    if (at.length === 0 && !isValid('session')) continue;
    checkSession(profile, options, path, report);
    checkTools(profile, options, path, report);
    if (profile.budget && isValid('limits') && isValid('prices'))
      errors.push(...budgetConflicts(profile.budget, path('budget'), [[at, profile]], options));
  }
  if (options.budget && ['budget', 'limits', 'prices', 'profiles', 'session'].every(isValid)) {
    const agents = namedProfiles(options);
    const { perVisitor = {} } = options.budget;
    errors.push(
      ...budgetConflicts(options.budget, 'budget', agents, options),
      ...budgetConflicts(perVisitor, 'budget.perVisitor', agents, options),
    );
  }
  if (isValid('upstream.baseUrl')) checkBaseUrl(options, report);
  if (options.phone && ['phone', 'upstream.dialect'].every(isValid)) checkPhone(options, report);
  return errors;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

/** All agents with their paths; the only agent of `session` has an empty path. */
function namedProfiles({ session, profiles }: CheckedOptions): readonly NamedProfile[] {
  if (isObject(profiles)) return Object.entries(profiles).map(([name, profile]) => [['profiles', name], profile]);
  return [[[], session === undefined ? {} : { session }]];
}

type PathOf = (...steps: PropertyKey[]) => string;

function checkSession({ session, mcp }: ProfileOptions, { upstream }: CheckedOptions, path: PathOf, report: Report): void {
  const dialect = upstream?.dialect ?? 'ga';
  if (session?.type === 'transcription') {
    for (const field of ['model', 'voice', 'instructions'] as const) {
      if (session[field] !== undefined) {
        report(
          path('session', field),
          'is not supported in a transcription session; set the transcription model in session.transcription.',
        );
      }
    }
  }
  if (dialect === 'xai' && session && (Object.keys(session).some((field) => field !== 'type') || session.type === 'transcription')) {
    report(path('session'), 'is not supported by xAI keys; set model, voice and instructions on the element.');
  }
  if (dialect !== 'ga' && mcp && mcp.length > 0) report(path('mcp'), `is not supported by the dialect ${dialect}; use ga.`);
}

function checkTools(
  { session, tools = [], mcp = [], access }: ProfileOptions,
  { upstream }: CheckedOptions,
  path: PathOf,
  report: Report,
): void {
  const dialect = upstream?.dialect ?? 'ga';
  if (dialect !== 'ga') {
    access?.forEach((way, index) => {
      if (way !== 'token')
        report(path('access', index), `must be "token": the dialect ${dialect} does not support calls through this server.`);
    });
  }
  if (tools.length > 0 && (dialect !== 'ga' || (access && !access.includes('call') && !access.includes('phone')))) {
    report(path('tools'), 'only run in brokered and phone calls, and this agent supports neither.');
  }
  if (session?.type === 'transcription') {
    if (tools.length > 0) report(path('tools'), 'are not supported in a transcription session.');
    if (mcp.length > 0) report(path('mcp'), 'is not supported in a transcription session.');
    const phone = access?.indexOf('phone') ?? -1;
    if (phone >= 0) report(path('access', phone), 'must not be "phone": transcription sessions produce no speech.');
  }
  const seen = new Set<string>();
  const once = (name: string, at: string, what: string): void => {
    if (seen.has(`${what} ${name}`)) report(at, `is already used by another ${what}.`);
    seen.add(`${what} ${name}`);
  };
  tools.forEach(({ name }, index) => once(name, path('tools', index, 'name'), 'tool'));
  mcp.forEach(({ label }, index) => once(label, path('mcp', index, 'label'), 'MCP server'));
}

/** The API of OpenAI answers only below `/v1`. For other servers, a missing `/v1` is a recommendation of `--check`. */
function checkBaseUrl({ upstream }: CheckedOptions, report: Report): void {
  if (upstream?.baseUrl === undefined) return;
  const { hostname, pathname } = new URL(upstream.baseUrl);
  if (/(^|\.)api\.openai\.com$/.test(hostname) && !/\/v1\/*$/.test(pathname))
    report('upstream.baseUrl', `must end with /v1: every request to ${hostname} would fail otherwise.`);
}

function checkPhone({ phone, profiles, upstream }: CheckedOptions, report: Report): void {
  const dialect = upstream?.dialect ?? 'ga';
  if (dialect !== 'ga') report('phone', `requires the dialect ga; ${dialect} does not support phone calls.`);
  const numbers = Object.entries(phone?.numbers ?? {});
  if (numbers.length === 0) report('phone.numbers', 'must assign an agent to at least one number; "*" matches all other numbers.');
  for (const [number, name] of numbers) {
    const path = pathText(['phone', 'numbers', number]);
    const profile = isObject(profiles) && Object.hasOwn(profiles, name) ? profiles[name] : undefined;
    if (!profile) report(path, `does not name an agent in profiles${profiles ? ` (${Object.keys(profiles).join(', ')})` : ''}.`);
    else if (!Array.isArray(profile.access) || !profile.access.includes('phone'))
      report(path, `names an agent that does not accept phone calls; add "phone" to ${pathText(['profiles', name, 'access'])}.`);
    if (number !== '*' && sipUser(`sip:${number}@host`) !== number)
      report(path, 'must be written as in the SIP address, such as "+4930123456", without spaces or dashes.');
    const refused = profile?.session && unsupportedPhoneField(sessionRequest(profile.session));
    if (refused !== undefined)
      report(
        pathText(['profiles', name, 'session']),
        `sets ${refused}, which the API does not support in phone calls; remove it or use another agent for phone calls.`,
      );
  }
}

/** Returns the path of the first session field that is not allowed in phone calls. */
function unsupportedPhoneField(session: Fields | undefined): string | undefined {
  const detection = fieldsOf(fieldsOf(fieldsOf(session)['audio'])['input'])['turn_detection'];
  const name = UNSUPPORTED_BY_PHONE.find((field) => fieldsOf(detection)[field] !== undefined);
  return name && `audio.input.turn_detection.${name}`;
}
