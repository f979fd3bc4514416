/** The keyed hash of one visitor, for requests for access and deletion: visitors are stored only under it. */
import { keyedHash } from '../crypto/keyed-hash.js';
import { ipAddress, subscriberNetwork } from '../http/ip-address.js';
import { sipUser } from '../phone/sip-header.js';
import type { VisitorName } from '../contract/operator.js';

/** The keyed hash of a visitor; `undefined` if the address or number is not valid. */
export async function visitorHash(name: VisitorName, pepper: string): Promise<string | undefined> {
  const hash = keyedHash(pepper);
  if ('subject' in name) return name.subject === '' ? undefined : hash('visitor', name.subject);
  if ('address' in name) {
    const address = ipAddress(name.address);
    return address === undefined ? undefined : hash('address', subscriberNetwork(address));
  }
  const caller = sipUser(`tel:${name.phone.replaceAll(' ', '')}`);
  return caller === undefined ? undefined : hash('caller', caller);
}
