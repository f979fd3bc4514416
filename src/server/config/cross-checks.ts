/**
 * What options ask of one another. Each check reads only what has no mistake of its own, so that an owner sees all that
 * is wrong at once and nothing twice.
 */
import type { BudgetOptions, CallLimits, ProfileOptions, VoiceServerOptions } from '../options.js';
import { phoneSessionMistake } from '../phone/phone-session.js';
import { calledNumber } from '../phone/sip-address.js';
import { sessionRequest } from '../session-request.js';
import { hasMistake, pathText } from './mistakes.js';
import type { Mistake } from './mistakes.js';

/** The options that others depend on. */
export type CheckedOptions = Omit<VoiceServerOptions, 'visitor' | 'state'>;

/** Path and sentence. */
type Report = (path: string, problem: string) => void;

/**
 * Mistakes between options.
 *
 * @param found what is known already
 */
export function crossMistakes(options: CheckedOptions, found: readonly Mistake[]): readonly Mistake[] {
  if (typeof options !== 'object' || options === null) return [];
  const mistakes: Mistake[] = [];
  const sound = (path: string): boolean => !hasMistake(found, path);
  const report: Report = (path, problem) => mistakes.push({ path, problem });
  const { session, profiles } = options;
  if (session !== undefined && profiles !== undefined) report('session', 'has no place beside profiles; write it as profiles.default.session.');
  if (isObject(profiles)) {
    const names = Object.keys(profiles);
    if (names.length === 0) report('profiles', 'has to name at least one agent.');
    for (const name of names) {
      if (!/^[a-z0-9-]{1,64}$/.test(name)) report(pathText(['profiles', name]), 'is no usable name: take 1 to 64 of a-z, 0-9 and "-".');
    }
  }
  for (const [at, profile] of namedProfiles(options)) {
    const path = (...steps: PropertyKey[]): string => pathText([...at, ...steps]);
    if (at.length > 0 && !sound(path())) continue;
    if (at.length === 0 && !sound('session')) continue;
    sessionFits(profile, options, path, report);
    toolsFit(profile, options, path, report);
    if (profile.budget && sound('limits') && sound('prices')) budgetFits(profile.budget, path('budget'), [[at, profile]], options, report);
  }
  if (options.budget && ['budget', 'limits', 'prices', 'profiles', 'session'].every(sound)) {
    budgetFits(options.budget, 'budget', namedProfiles(options), options, report);
  }
  if (options.phone && ['phone', 'upstream.dialect'].every(sound)) phoneFits(options, report);
  return mistakes;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

type Named = readonly [at: readonly string[], profile: ProfileOptions];

/** All agents with their places; the only one of `session` is at the root. */
function namedProfiles({ session, profiles }: CheckedOptions): readonly Named[] {
  if (isObject(profiles)) return Object.entries(profiles).map(([name, profile]) => [['profiles', name], profile]);
  return [[[], session === undefined ? {} : { session }]];
}

type PathOf = (...steps: PropertyKey[]) => string;

function sessionFits({ session, mcp }: ProfileOptions, { upstream }: CheckedOptions, path: PathOf, report: Report): void {
  const dialect = upstream?.dialect ?? 'ga';
  if (session?.type === 'transcription') {
    for (const field of ['model', 'voice', 'instructions'] as const) {
      if (session[field] !== undefined) {
        report(path('session', field), 'is nothing that a transcription session has; the transcriber is named in session.transcription.');
      }
    }
  }
  if (dialect === 'xai' && session && (Object.keys(session).some((field) => field !== 'type') || session.type === 'transcription')) {
    report(path('session'), 'has no place in the keys of xAI; set model, voice and instructions on the element.');
  }
  if (dialect !== 'ga' && mcp && mcp.length > 0) report(path('mcp'), `is nothing that the dialect ${dialect} has; it needs ga.`);
}

function toolsFit({ session, tools = [], mcp = [], ways }: ProfileOptions, { upstream }: CheckedOptions, path: PathOf, report: Report): void {
  const dialect = upstream?.dialect ?? 'ga';
  if (dialect !== 'ga') {
    ways?.forEach((way, index) => {
      if (way !== 'token') report(path('ways', index), `has to be "token": the dialect ${dialect} has no calls through this server.`);
    });
  }
  if (tools.length > 0 && (dialect !== 'ga' || (ways && !ways.includes('call') && !ways.includes('phone')))) {
    report(path('tools'), 'run in brokered and phone calls alone, and this agent offers neither.');
  }
  if (session?.type === 'transcription') {
    if (tools.length > 0) report(path('tools'), 'are nothing that a transcription session has.');
    if (mcp.length > 0) report(path('mcp'), 'is nothing that a transcription session has.');
    const phone = ways?.indexOf('phone') ?? -1;
    if (phone >= 0) report(path('ways', phone), 'has nobody who answers: a transcription session does not speak.');
  }
  const seen = new Set<string>();
  const once = (name: string, at: string, what: string): void => {
    if (seen.has(`${what} ${name}`)) report(at, `is the name of another ${what}, too.`);
    seen.add(`${what} ${name}`);
  };
  tools.forEach(({ name }, index) => once(name, path('tools', index, 'name'), 'tool'));
  mcp.forEach(({ label }, index) => once(label, path('mcp', index, 'label'), 'MCP server'));
}

/** A bound on tokens or money is kept by setting aside what a call may use at most: that has to be known. */
function budgetFits(budget: BudgetOptions, path: string, profiles: readonly Named[], options: CheckedOptions, report: Report): void {
  for (const [at, profile] of profiles) {
    const limits: CallLimits = { ...options.limits, ...profile.limits };
    const who = at.length > 0 ? ` of the agent "${at[1] ?? ''}"` : '';
    if (typeof budget.tokensPerDay === 'number' && limits.tokens === undefined) {
      report(`${path}.tokensPerDay`, `needs limits.tokens${who}: what a call may use at most is set aside before it begins.`);
    }
    if (typeof budget.moneyPerDay !== 'number') continue;
    if (limits.money === undefined) {
      report(`${path}.moneyPerDay`, `needs limits.money${who}: what a call may cost at most is set aside before it begins.`);
    }
    const model = modelOf(profile);
    if (model === undefined) report(`${path}.moneyPerDay`, `needs session.model${who}: the price depends on it.`);
    else if (!Object.hasOwn(options.prices ?? {}, model)) report(`${path}.moneyPerDay`, `needs ${pathText(['prices', model])}, the model${who || ' in use'}.`);
  }
}

/** The model that is paid for. */
function modelOf({ session }: ProfileOptions): string | undefined {
  const model = session?.type === 'transcription' ? session.transcription?.model : (session?.config?.['model'] ?? session?.model);
  return typeof model === 'string' ? model : undefined;
}

function phoneFits({ phone, profiles, upstream }: CheckedOptions, report: Report): void {
  const dialect = upstream?.dialect ?? 'ga';
  if (dialect !== 'ga') report('phone', `needs the dialect ga; ${dialect} takes no phone calls.`);
  const numbers = Object.entries(phone?.numbers ?? {});
  if (numbers.length === 0) report('phone.numbers', 'has to name the agent of at least one number; "*" stands for all others.');
  for (const [number, name] of numbers) {
    const path = pathText(['phone', 'numbers', number]);
    const profile = isObject(profiles) && Object.hasOwn(profiles, name) ? profiles[name] : undefined;
    if (!profile) report(path, `names no agent of profiles${profiles ? ` (${Object.keys(profiles).join(', ')})` : ''}.`);
    else if (!Array.isArray(profile.ways) || !profile.ways.includes('phone')) report(path, `names an agent that takes no phone calls; add "phone" to ${pathText(['profiles', name, 'ways'])}.`);
    if (number !== '*' && calledNumber(`sip:${number}@host`) !== number) report(path, 'has to be written as in the SIP address, such as "+4930123456": no spaces, no dashes.');
    const refused = profile?.session && phoneSessionMistake(sessionRequest(profile.session));
    if (refused !== undefined) report(pathText(['profiles', name, 'session']), `sets ${refused}, which the API takes in no phone call; leave it out, or take another agent for phone calls.`);
  }
}
