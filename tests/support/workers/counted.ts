/** The server as a Worker that counts what Cloudflare bills: requests to Durable Objects, rows written, alarms set. */
import { voiceWorker } from '../../../src/server/runtime/cloudflare/worker.js';
import type { VoiceBindings, VoiceWorkerOptions } from '../../../src/server/runtime/cloudflare/worker.js';
import type { DurableContext, DurableNamespace, SqlValue } from '../../../src/server/runtime/cloudflare/durable-context.js';

type Bindings = VoiceBindings & { readonly OPTIONS: VoiceWorkerOptions };

/** Counts since the last query. */
export interface Counts {
  /** Requests to the objects of the state, and of calls. */
  state: number;
  call: number;
  rows: number;
  /** Each is billed as a row written. */
  alarms: number;
}

// Everything runs in one isolate.
let counts: Counts = { state: 0, call: 0, rows: 0, alarms: 0 };

const counted = (namespace: DurableNamespace, name: 'state' | 'call'): DurableNamespace => ({
  idFromName: (id) => namespace.idFromName(id),
  get: (id) => {
    const stub = namespace.get(id);
    return {
      fetch: (...request) => {
        counts[name]++;
        return stub.fetch(...request);
      },
    };
  },
});

const bound = new WeakMap<Bindings, Bindings>();
function countedBindings(env: Bindings): Bindings {
  const found = bound.get(env) ?? { ...env, VOICE_STATE: counted(env.VOICE_STATE, 'state'), VOICE_CALL: counted(env.VOICE_CALL, 'call') };
  bound.set(env, found);
  return found;
}

const countedContext = ({ storage, ...ctx }: DurableContext): DurableContext => ({
  ...ctx,
  storage: {
    sql: {
      exec: <Row extends Record<string, SqlValue>>(statement: string, ...values: SqlValue[]) => {
        const cursor = storage.sql.exec<Row>(statement, ...values);
        const rows = cursor.toArray();
        if (!statement.includes('CREATE')) counts.rows += cursor.rowsWritten;
        return { toArray: () => rows, rowsWritten: cursor.rowsWritten };
      },
    },
    transactionSync: (change) => storage.transactionSync(change),
    getAlarm: () => storage.getAlarm(),
    setAlarm: (at) => {
      counts.alarms++;
      return storage.setAlarm(at);
    },
    deleteAlarm: () => storage.deleteAlarm(),
    deleteAll: () => storage.deleteAll(),
  },
});

const voice = voiceWorker<Bindings>(({ OPTIONS }) => OPTIONS);

export class VoiceState extends voice.VoiceState {
  constructor(ctx: DurableContext) {
    super(countedContext(ctx));
  }
}

export class VoiceCall extends voice.VoiceCall {
  constructor(ctx: DurableContext, env: Bindings) {
    super(countedContext(ctx), countedBindings(env));
  }
}

export default {
  async fetch(request: Request, env: Bindings, context: Parameters<typeof voice.fetch>[2]): Promise<Response> {
    if (new URL(request.url).pathname !== '/counts') return voice.fetch(request, countedBindings(env), context);
    const answer = Response.json(counts);
    counts = { state: 0, call: 0, rows: 0, alarms: 0 };
    return answer;
  },
};
