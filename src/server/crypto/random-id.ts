/** Returns random bytes as base64url, for unguessable IDs (24 bytes) and short names in logs (6 bytes). */
export function randomId(bytes: number): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes))))
    .replace(/\+/g, '-')
    .replace(/\//g, '_');
}
