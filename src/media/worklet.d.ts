/** The URL of an audio worklet's built file; see `workletFiles` in `vite.config.ts`. */
declare module '*?worklet' {
  const address: string;
  export default address;
  /** Rejects if the page's import map has another hash for the file: browsers check modules of a page, but no worklets. */
  export const verify: () => Promise<unknown>;
}
