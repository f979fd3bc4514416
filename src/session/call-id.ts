/** The server's id of a call, which becomes part of addresses: anything that does not look like an id is dropped. */

/** The value as an id. */
export const asCallId = (id: unknown): string | undefined => (typeof id === 'string' && /^[\w-]{1,128}$/.test(id) ? id : undefined);

/** The last part of the `Location` header. `undefined` if the server names no id or hides the header from other origins. */
export function callIdOf(response: Response): string | undefined {
  return asCallId(response.headers.get('location')?.split(/[?#]/)[0]?.split('/').pop());
}
