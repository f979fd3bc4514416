/** Makes an SDP answer that looks right and leads nowhere, for faults of ICE and of the data channel. */

/** Addresses from the range for documentation, which nobody answers, and a password that no check passes. */
export function unreachableAnswer(sdp: string): string {
  return sdp
    .replace(/^(a=candidate:\S+ \d+ \S+ \d+ )\S+ \d+/gm, '$1192.0.2.1 9')
    .replace(/^a=ice-pwd:.*$/gm, (line) => `a=ice-pwd:${'x'.repeat(Math.max(22, line.trimEnd().length - 10))}${line.endsWith('\r') ? '\r' : ''}`);
}

/**
 * Both ends wait for the other's DTLS handshake: ICE connects, and the channel stays `connecting` for ever. A wrong SCTP
 * port would be nearer to the name, but browsers do not mind it.
 */
export function channellessAnswer(sdp: string): string {
  return sdp.replace(/^a=setup:passive/gm, 'a=setup:active');
}
