/**
 * The commands for the operator of a running server: `calls`, `pause`, `resume`, `reload`, `budget` and `visitor`. Owns their arguments and output; the
 * running server carries them out.
 */
import { parseArgs } from 'node:util';
import type { BudgetReport, OperatedCall } from '../contract/operator.js';
import { OperatorRequestError, operatorRequest } from './operator-request.js';
import type { OperatorTarget } from './operator-request.js';
import { operatorSocket } from './operator-socket.js';
import { operatorBudgetTable, operatorCallTable } from './operator-tables.js';
import { UsageError } from './usage-error.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Sends one request to the server and returns the text to print. */
type Run = (request: Request, rest: readonly string[], flags: Flags) => Promise<Output>;
type Request = (method: 'GET' | 'POST' | 'DELETE', path: string, sent?: object) => Promise<unknown>;

interface Flags {
  readonly all: boolean;
  /** The visitor's hash, subject, address or phone number, as sent to the server; empty if none is given. */
  readonly visitor: Readonly<Record<string, string>>;
}

interface Output {
  readonly text: string;
  /** Printed instead of the text with `--json`. */
  readonly json: unknown;
}

const COMMANDS: Readonly<Record<string, Run>> = {
  async calls(request, [action, ref, ...more], { all }) {
    if (action === undefined && !all) {
      const { calls } = (await request('GET', '/calls')) as { calls: readonly OperatedCall[] };
      return { text: operatorCallTable(calls), json: calls };
    }
    if (action !== 'end' || more.length > 0 || (ref === undefined) !== all) throw new UsageError('Use: calls end REF, or: calls end --all');
    const json = await request('DELETE', ref === undefined ? '/calls' : `/calls/${encodeURIComponent(ref)}`);
    const { ended } = json as { ended: number };
    return { text: `Ended ${String(ended)} ${ended === 1 ? 'call' : 'calls'}.`, json };
  },
  async pause(request) {
    const json = await request('POST', '/pause');
    return { text: 'Paused: new keys, calls and phone calls are refused. Active calls continue; end them with: calls end --all', json };
  },
  async resume(request) {
    return { json: await request('POST', '/resume'), text: 'Resumed.' };
  },
  async reload(request) {
    return { json: await request('POST', '/reload'), text: 'Reloaded. Live calls keep their settings.' };
  },
  async visitor(request, [action, hash, ...more], { visitor: named }) {
    const visitor = { ...(hash !== undefined && { visitor: hash }), ...named };
    if ((action !== 'export' && action !== 'erase') || more.length > 0 || Object.keys(visitor).length !== 1)
      throw new UsageError('Use: visitor export HASH or visitor erase HASH; or instead of HASH: --subject, --address or --phone');
    const json = await request('POST', `/visitor/${action}`, visitor);
    if (action === 'export') return { text: JSON.stringify(json, null, 2), json };
    const { erased, audited } = json as { erased: number; audited: boolean };
    const entries = `${String(erased)} ${erased === 1 ? 'entry' : 'entries'}`;
    return { text: audited ? `Erased the visitor from ${entries} of the audit log.` : 'There is no audit log to erase from.', json };
  },
  async budget(request) {
    const json = (await request('GET', '/budget')) as BudgetReport;
    const { paused } = (await request('GET', '/paused')) as { paused: boolean };
    return { text: `${operatorBudgetTable(json)}${paused ? '\nThe server is paused.' : ''}`, json: { ...json, paused } };
  },
};

/** Help for all commands. */
export const OPERATOR_HELP = `Commands for a running server:

  calls              list live calls
  calls end REF      end one call
  calls end --all    end all calls
  pause              refuse new keys, calls and phone calls; active calls continue
  resume             accept them again
  reload             read and apply the settings again, unless they have an error; live calls keep theirs
  budget             spent and reserved amounts of today and this month, by agent and visitor
  visitor export ID  print what is stored about a visitor, as JSON
  visitor erase ID   make a visitor's entries in the audit log anonymous
                     ID: the keyed hash in logs, or --subject TEXT, --address IP, --phone NUMBER

  --json             print JSON
  --socket PATH      the server's local socket, default: operator.sock in $STATE_DIRECTORY or .voice-agent
  --url URL          the server's admin port or Worker, with the token in VOICE_AGENT_ADMIN_TOKEN`;

/** Whether the first argument is one of these commands. */
export const isOperatorCommand = (name: string | undefined): boolean => name !== undefined && Object.hasOwn(COMMANDS, name);

/**
 * Runs a command and returns the text to print.
 *
 * @throws UsageError, OperatorRequestError
 */
export async function runOperatorCommand([name = '', ...args]: readonly string[], env: Environment): Promise<string> {
  const { positionals, values } = parsed(args);
  if (values.help) return OPERATOR_HELP;
  const run = COMMANDS[name];
  if (!run) throw new UsageError(`Unknown command: ${name}`);
  const others = [values.subject, values.address, values.phone].some((value) => value !== undefined);
  if ((name !== 'calls' && values.all) || (name !== 'visitor' && (others || (name !== 'calls' && positionals.length > 0))))
    throw new UsageError(`${name} has no such arguments.`);
  const target = targetOf(values, env);
  const request: Request = (method, path, sent) => operatorRequest(target, method, path, sent);
  const { subject, address, phone } = values;
  const visitor = {
    ...(subject !== undefined && { subject }),
    ...(address !== undefined && { address }),
    ...(phone !== undefined && { phone }),
  };
  const { text, json } = await run(request, positionals, { all: values.all, visitor }).catch((error: unknown) => {
    throw explained(error, name);
  });
  return values.json ? JSON.stringify(json, null, 2) : text;
}

function explained(error: unknown, name: string): unknown {
  if (!(error instanceof OperatorRequestError)) return error;
  if (error.code === 'call_unknown') return new OperatorRequestError('No live call has this ref. List the calls with: calls');
  if (error.code === 'body_invalid' && name === 'visitor')
    return new OperatorRequestError('This is not a keyed hash, an address or a phone number.');
  if (error.code === 'not_found' && name === 'reload') return new OperatorRequestError('This server cannot reload its settings.');
  return error;
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: flag, all: flag, socket: text, url: text, subject: text, address: text, phone: text, help: { ...flag, short: 'h' } },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function targetOf({ socket, url }: { socket?: string | undefined; url?: string | undefined }, env: Environment): OperatorTarget {
  if (socket !== undefined && url !== undefined) throw new UsageError('--socket and --url cannot be combined.');
  if (url === undefined) return { socket: socket ?? (env['VOICE_AGENT_ADMIN_SOCKET'] || operatorSocket(env)) };
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new UsageError('--url must be an http or https URL.');
  return { url: new URL(url), token: env['VOICE_AGENT_ADMIN_TOKEN'] };
}
