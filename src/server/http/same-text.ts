/** Compares digests, so that the timing reveals nothing about the secret. */
export async function sameText(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all(
    [one, other].map(async (text) => new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))),
  );
  return first?.every((byte, index) => byte === second?.[index]) === true;
}
