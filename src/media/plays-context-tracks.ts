/**
 * Whether an audio element plays the track of an audio context aloud. WebKit on Linux (WebKitGTK, WPE) may not: in version 2.50,
 * the times of the samples count from the start of the context, and the element discards the samples as too late. Scripts cannot
 * read the version.
 */
export const playsContextTracks = ({ vendor, platform }: Pick<Navigator, 'vendor' | 'platform'>): boolean =>
  !(/^Apple/.test(vendor) && /^Linux/.test(platform));
