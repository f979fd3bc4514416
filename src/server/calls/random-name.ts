/** So many random bytes as base64url: names that nobody guesses (24 bytes), and short ones for logs (6). */
export function randomName(bytes: number): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes)))).replace(/\+/g, '-').replace(/\//g, '_');
}
