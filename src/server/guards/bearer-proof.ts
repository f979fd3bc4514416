/** Reads a visitor's proof from `Authorization: Bearer …`, or from a cookie if a name is given. */

/** The proof as sent; `undefined` if there is none. Source: RFC 6750 §2.1, RFC 6265 §4.2. */
export function bearerProof(request: Request, cookie?: string): string | undefined {
  const bearer = /^Bearer +([^ ]+)$/i.exec(request.headers.get('Authorization') ?? '')?.[1];
  if (bearer !== undefined || cookie === undefined) return bearer;
  for (const pair of (request.headers.get('Cookie') ?? '').split(';')) {
    const split = pair.indexOf('=');
    if (split > 0 && pair.slice(0, split).trim() === cookie) {
      return (
        pair
          .slice(split + 1)
          .trim()
          .replace(/^"(.*)"$/, '$1') || undefined
      );
    }
  }
  return undefined;
}
