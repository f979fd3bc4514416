/** Turns a valid SDP answer into one that cannot connect, for ICE and data channel faults. */

/** Uses documentation addresses, which never respond, and a password that fails every connectivity check. */
export function unreachableAnswer(sdp: string): string {
  return sdp
    .replace(/^(a=candidate:\S+ \d+ \S+ \d+ )\S+ \d+/gm, '$1192.0.2.1 9')
    .replace(/^a=ice-pwd:.*$/gm, (line) => `a=ice-pwd:${'x'.repeat(Math.max(22, line.trimEnd().length - 10))}${line.endsWith('\r') ? '\r' : ''}`);
}

/**
 * Makes both ends wait for the other's DTLS handshake: ICE connects, and the channel stays `connecting` indefinitely. A
 * wrong SCTP port would be the obvious choice, but browsers ignore it.
 */
export function channellessAnswer(sdp: string): string {
  return sdp.replace(/^a=setup:passive/gm, 'a=setup:active');
}
