/** The server's id of a call. It becomes part of URLs, so values that do not look like an id are dropped. */

/** The value if it is a valid id, otherwise `undefined`. */
export const asCallId = (id: unknown): string | undefined => (typeof id === 'string' && /^[\w-]{1,128}$/.test(id) ? id : undefined);

/** The last segment of the `Location` header. `undefined` if there is no valid id, or the header is not exposed to other origins. */
export function callIdOf(response: Response): string | undefined {
  return asCallId(response.headers.get('location')?.split(/[?#]/)[0]?.split('/').pop());
}
