/** The registry of faults: the list of all definitions, the validation of faults sent as JSON, and the type of a fault. */
import { invalidType, missingParameter } from '../protocol/api-error.js';
import { isRecord, object, oneOf } from '../protocol/schema.js';
import type { Fields, Schema } from '../protocol/schema.js';
import { CALL_FAULTS } from './call-faults.js';
import type { CallFault } from './call-faults.js';
import { CLIENT_EVENT_FAULTS } from './client-event-faults.js';
import type { ClientEventFault } from './client-event-faults.js';
import { PLACES, SCOPE_FIELDS } from './define-fault.js';
import type { FaultDefinition, Place } from './define-fault.js';
import { EVENT_FAULTS } from './event-faults.js';
import type { EventFault } from './event-faults.js';
import { HTTP_FAULTS } from './http-faults.js';
import type { HttpFault } from './http-faults.js';
import { MEDIA_FAULTS } from './media-faults.js';
import type { MediaFault } from './media-faults.js';

/** Any fault. */
export type Fault = HttpFault | MediaFault | EventFault | ClientEventFault | CallFault;

type AnyDefinition = FaultDefinition<Place, string, unknown>;

/** All faults. */
export const FAULTS = [...HTTP_FAULTS, ...MEDIA_FAULTS, ...EVENT_FAULTS, ...CLIENT_EVENT_FAULTS, ...CALL_FAULTS] as const;

const definitionsAt = (place: string): readonly AnyDefinition[] =>
  (FAULTS as readonly AnyDefinition[]).filter(({ at }) => (at as readonly string[]).includes(place));

/** The definition of a fault; `undefined` for a fault that does not exist. */
export function definitionOf({ at, fault }: { at: string; fault: string }): AnyDefinition | undefined {
  return definitionsAt(at).find(({ name }) => name === fault);
}

/** Validates a fault. */
export const faultSchema: Schema<Fault> = (value, path) => {
  if (!isRecord(value)) throw invalidType(path, 'an object', value);
  const { at, fault, ...fields } = value;
  const prefix = path === '' ? '' : `${path}.`;
  if (at === undefined) throw missingParameter(`${prefix}at`);
  if (fault === undefined) throw missingParameter(`${prefix}fault`);
  oneOf(...Object.keys(PLACES))(at, `${path}.at`);
  const place = at as Place;
  oneOf(...definitionsAt(place).map(({ name }) => name))(fault, `${path}.fault`);
  const common: Fields = { ...SCOPE_FIELDS, ...PLACES[place] };
  const [shared, own] = [true, false].map((wanted) =>
    Object.fromEntries(Object.entries(fields).filter(([name]) => Object.hasOwn(common, name) === wanted)),
  );
  definitionOf({ at: place, fault: fault as string })?.schema(own, path);
  object(common)(shared, path);
};
