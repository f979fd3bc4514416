/**
 * Prevents two calls of one page from using the microphone at the same time: the newest claim wins.
 *
 * Owns: the current holder. Does not own: tracks; the earlier holder releases its own when its `lose` is called.
 */
let holder: { readonly lose: () => void } | undefined;

/**
 * Claims the page's microphone; calls an earlier holder's `lose` at once.
 * @returns a function that releases the claim; has no effect once there is a newer claim
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
