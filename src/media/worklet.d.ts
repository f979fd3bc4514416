/** The URL of an audio worklet's built file; see `workletFiles` in `vite.config.ts`. */
declare module '*?worklet' {
  const address: string;
  export default address;
}
