/** Which offers are accepted, and the content of the answer. */

import { describe, expect, it } from 'vitest';
import { plainOffer, readSdpOffer, writeSdpAnswer } from '../../../src/sandbox/media/sdp.js';
import { OfferError } from '../../../src/sandbox/media/peer.js';

const FINGERPRINT = 'sha-256 ' + Array.from({ length: 32 }, () => 'AB').join(':');

/** Shaped like Chrome's offer of a call with a video section in between. */
const OFFER = [
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0 v 1',
  'a=extmap-allow-mixed',
  'a=msid-semantic: WMS',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126',
  'c=IN IP4 0.0.0.0',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:0123456789abcdefghijklmn',
  'a=ice-options:trickle',
  `a=fingerprint:${FINGERPRINT}`,
  'a=setup:actpass',
  'a=mid:0',
  'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'a=sendrecv',
  'a=msid:- 8b2c0c4e',
  'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2',
  'a=rtcp-fb:111 transport-cc',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=rtpmap:63 red/48000/2',
  'a=ssrc:1234567 cname:x',
  'a=candidate:1 1 udp 2113937151 8.8.8.8 5000 typ host',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'c=IN IP4 0.0.0.0',
  'a=mid:v',
  'a=recvonly',
  'a=rtpmap:96 VP8/90000',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:0123456789abcdefghijklmn',
  `a=fingerprint:${FINGERPRINT}`,
  'a=setup:actpass',
  'a=mid:1',
  'a=sctp-port:5000',
  'a=max-message-size:262144',
  '',
].join('\r\n');

const PARTS = {
  ufrag: 'wxyz',
  password: 'zyxwvutsrqponmlkjihgfe',
  fingerprints: [FINGERPRINT],
  candidates: ['1 1 udp 2116026367 127.0.0.1 40000 typ host'],
  ssrc: 99,
  maxMessageSize: 262_144,
};

function without(start: string): string {
  return OFFER.split('\r\n')
    .filter((line) => !line.startsWith(start))
    .join('\r\n');
}

describe('readSdpOffer', () => {
  it('extracts what a call needs', () => {
    expect(readSdpOffer(OFFER)).toMatchObject({
      direction: 'sendrecv',
      payloadType: 111,
      ssrcs: [1_234_567],
      ufrag: 'abcd',
      fingerprints: [FINGERPRINT],
      sctpPort: 5000,
      maxMessageSize: 262_144,
      sections: [
        { use: 'audio', mid: '0' },
        { use: 'refuse', mid: 'v' },
        { use: 'data', mid: '1' },
      ],
    });
  });

  it('uses the RFC 8841 default for a missing max-message-size', () => {
    expect(readSdpOffer(without('a=max-message-size')).maxMessageSize).toBe(65_536);
  });

  it('accepts bare line feeds', () => {
    expect(readSdpOffer(OFFER.replaceAll('\r\n', '\n')).payloadType).toBe(111);
  });

  it.each([
    ['an empty string', ''],
    ['text', 'hello'],
    ['JSON', '{"sdp":"v=0"}'],
    ['a session without media', OFFER.slice(0, OFFER.indexOf('m=audio'))],
    ['no data channel', OFFER.slice(0, OFFER.indexOf('m=application'))],
    ['no audio', without('m=audio')],
    ['no Opus', without('a=rtpmap:111')],
    ['no bundle', without('a=group')],
    ['no user name', without('a=ice-ufrag')],
    ['no password', without('a=ice-pwd')],
    ['no fingerprint', without('a=fingerprint')],
    ['a broken fingerprint', OFFER.replaceAll('sha-256 AB', 'sha-256 XY')],
    ['a client that must be DTLS server', OFFER.replaceAll('actpass', 'passive')],
    ['no SCTP port', without('a=sctp-port')],
    ['a broken media line', OFFER.replace('m=audio 9', 'm=audio nine')],
    ['megabytes', OFFER + 'a=x\r\n'.repeat(60_000)],
  ])('rejects %s', (_, offer) => {
    expect(() => readSdpOffer(offer)).toThrow(OfferError);
  });

  it('throws only OfferError, wherever the offer is cut or damaged', () => {
    for (let at = 0; at < OFFER.length; at += 7) {
      for (const offer of [OFFER.slice(0, at), OFFER.slice(0, at) + '\u0000%' + OFFER.slice(at + 2)]) {
        try {
          plainOffer(readSdpOffer(offer));
        } catch (error) {
          expect(error).toBeInstanceOf(OfferError);
        }
      }
    }
  });
});

describe('plainOffer', () => {
  it('contains no client address and only validated values', () => {
    const plain = plainOffer(readSdpOffer(OFFER));
    expect(plain).not.toContain('candidate');
    expect(plain).not.toContain('8.8.8.8');
    expect(plain).not.toContain('video');
    expect(plain).not.toContain('transport-cc');
    expect(plain).toContain('a=group:BUNDLE 0 1');
  });
});

describe('writeSdpAnswer', () => {
  const answer = writeSdpAnswer(readSdpOffer(OFFER), PARTS);

  it('answers each section in order and rejects video', () => {
    expect(answer.match(/^m=.*$/gmu)).toEqual([
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'm=video 0 UDP/TLS/RTP/SAVPF 96',
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    ]);
    expect(answer).toContain('a=group:BUNDLE 0 1\r\n');
  });

  it('lists its candidates once, has a stream id and is the DTLS server', () => {
    expect(answer.match(/a=candidate/gu)).toHaveLength(1);
    expect(answer).toContain('a=msid:sandbox sandbox-audio');
    expect(answer.match(/a=setup:passive/gu)).toHaveLength(2);
    expect(answer).toContain('a=fmtp:111 minptime=10;useinbandfec=1');
  });

  it.each([
    ['sendrecv', 'sendrecv', true],
    ['recvonly', 'sendonly', true],
    ['sendonly', 'recvonly', false],
    ['inactive', 'inactive', false],
  ])('answers %s with %s', (offered, answered, sends) => {
    const text = writeSdpAnswer(readSdpOffer(OFFER.replace('a=sendrecv', `a=${offered}`)), PARTS);
    expect(text.split('m=video')[0]).toContain(`a=${answered}\r\n`);
    expect(text.includes('a=msid:')).toBe(sends);
  });
});
