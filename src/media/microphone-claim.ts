/**
 * Keeps two calls of one page from listening at the same time: the newest claim holds the microphone.
 *
 * Owns: who holds it. Does not own: tracks; the earlier holder gives its own up when told.
 */
let holder: { readonly lose: () => void } | undefined;

/**
 * Takes the page's microphone; an earlier holder's `lose` is called at once.
 * @returns gives the claim back; without effect once somebody else holds it
 */
export function claimMicrophone(lose: () => void): () => void {
  const claim = { lose };
  const earlier = holder;
  holder = claim;
  earlier?.lose();
  return () => {
    if (holder === claim) holder = undefined;
  };
}
