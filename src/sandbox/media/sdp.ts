/**
 * The two session descriptions of a call.
 *
 * Owns: which offers the sandbox can answer, and the exact text of its answer. Does not own any transport.
 *
 * The client's offer is not passed on directly. `readSdpOffer` extracts what a call needs and `plainOffer` writes a
 * minimal offer from it, so that the WebRTC stack only sees validated values. The client's ICE candidates are dropped
 * on purpose: a browser's offer to the Realtime API usually has none (they are found as peer-reflexive when its checks
 * arrive), and a server that follows candidates sends packets, or mDNS queries, wherever an offer directs it.
 */

import { OfferError } from './peer.js';

/** The direction of audio, from the point of view of the description that contains it. */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** A media section of an offer: its parsed `m=` line and its other lines. */
interface Section {
  readonly kind: string;
  readonly port: number;
  readonly protocol: string;
  readonly formats: readonly string[];
  readonly lines: readonly string[];
}

/** The parts of an offer that the sandbox needs. */
export interface Offer {
  /** The sections in order. `audio` and `data` are answered, others are rejected with port 0. */
  readonly sections: readonly { readonly use: 'audio' | 'data' | 'refuse'; readonly mid: string; readonly line: string }[];
  /** The client's direction in the audio section. */
  readonly direction: Direction;
  /** The RTP payload type that the client assigned to Opus. */
  readonly payloadType: number;
  /** SSRCs announced for the client's audio; may be empty. */
  readonly ssrcs: readonly number[];
  readonly ufrag: string;
  readonly password: string;
  /** Each as `sha-256 AA:BB:…`. */
  readonly fingerprints: readonly string[];
  readonly sctpPort: number;
  /** Maximum message size in bytes that the client accepts; 0 means any size (RFC 8841, section 6). */
  readonly maxMessageSize: number;
}

/** The sandbox's parameters for the answer. */
export interface AnswerParts {
  readonly ufrag: string;
  readonly password: string;
  readonly fingerprints: readonly string[];
  /** Each without the leading `a=candidate:`. */
  readonly candidates: readonly string[];
  /** SSRC of the sandbox's audio. */
  readonly ssrc: number;
  /** Maximum data channel message size in bytes that the sandbox accepts. */
  readonly maxMessageSize: number;
}

const EOL = '\r\n';
/** Maximum length of an offer. A browser's offer for this call is 2 to 6 kB. */
const MAX_OFFER_LENGTH = 200_000;
/** RFC 8841, section 6.1: the default if the attribute is missing. */
const DEFAULT_MAX_MESSAGE_SIZE = 65_536;
/** A stream id is required: without one, or with `-`, a browser's track event has no stream to play. */
const STREAM_ID = 'sandbox';
const TRACK_ID = 'sandbox-audio';
const DIRECTIONS: readonly string[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];
const REVERSED: Record<Direction, Direction> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};

function attribute(lines: readonly string[], name: string): string | undefined {
  const prefix = `a=${name}:`;
  return lines
    .find((line) => line.startsWith(prefix))
    ?.slice(prefix.length)
    .trim();
}

function attributes(lines: readonly string[], name: string): string[] {
  const prefix = `a=${name}:`;
  return lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length).trim());
}

function required(value: string | undefined, pattern: RegExp, what: string): string {
  if (value === undefined) {
    throw new OfferError(`the offer has no ${what}`);
  }
  if (!pattern.test(value)) {
    throw new OfferError(`the offer has an invalid ${what}`);
  }
  return value;
}

function splitSections(sdp: string): { session: string[]; sections: Section[] } {
  const session: string[] = [];
  const sections: Section[] = [];
  let lines = session;
  for (const raw of sdp.split(/\r\n|\r|\n/u)) {
    const line = raw.trimEnd();
    if (line === '') {
      continue;
    }
    if (!line.startsWith('m=')) {
      lines.push(line);
      continue;
    }
    const match = /^m=([a-z]+) (\d{1,5})(?:\/\d+)? ([A-Z0-9/]+) (\S.*)$/u.exec(line);
    if (match === null) {
      throw new OfferError(`the offer has an invalid media line: ${line.slice(0, 80)}`);
    }
    const [, kind = '', port = '', protocol = '', formats = ''] = match;
    lines = [];
    sections.push({ kind, port: Number(port), protocol, formats: formats.split(/\s+/u), lines });
  }
  return { session, sections };
}

function opusPayloadType(audio: Section): number | undefined {
  const map = attributes(audio.lines, 'rtpmap').find((value) => /^\d{1,3} opus\/48000\/2$/iu.test(value));
  const type = map?.split(' ')[0];
  return type !== undefined && audio.formats.includes(type) && Number(type) < 128 ? Number(type) : undefined;
}

/**
 * Parses a client's offer.
 *
 * @throws {OfferError} if it is not SDP, has no Opus audio section or no data channel, does not bundle the two, or
 * lacks the ICE or DTLS parameters of a call.
 */
export function readSdpOffer(sdp: string): Offer {
  if (typeof sdp !== 'string' || !sdp.startsWith('v=0') || sdp.length > MAX_OFFER_LENGTH) {
    throw new OfferError('the offer is not a session description');
  }
  const { session, sections } = splitSections(sdp);
  const audio = sections.find((section) => section.kind === 'audio' && section.port !== 0);
  const data = sections.find((section) => section.kind === 'application' && section.port !== 0);
  if (audio === undefined) {
    throw new OfferError('the offer has no audio section');
  }
  if (data === undefined || !data.formats.includes('webrtc-datachannel')) {
    throw new OfferError('the offer has no data channel');
  }
  const payloadType = opusPayloadType(audio);
  if (payloadType === undefined) {
    throw new OfferError('the offer has no Opus audio (opus/48000/2)');
  }
  const mids = sections.map((section, index) => {
    const mid = attribute(section.lines, 'mid');
    return section === audio || section === data
      ? required(mid, /^[\w!#$%&'*+.^`{|}~-]{1,64}$/u, `mid in section ${String(index)}`)
      : (mid ?? '');
  });
  const bundles = attributes(session, 'group').map((group) => group.split(/\s+/u));
  const audioMid = mids[sections.indexOf(audio)] ?? '';
  const dataMid = mids[sections.indexOf(data)] ?? '';
  if (!bundles.some(([name, ...items]) => name === 'BUNDLE' && items.includes(audioMid) && items.includes(dataMid))) {
    throw new OfferError('the offer does not bundle its audio and data sections');
  }
  // The first section of a bundle describes its transport; browsers repeat it in every section, and some other stacks put it at
  // session level.
  const first = sections.indexOf(audio) < sections.indexOf(data) ? audio : data;
  const transport = [...first.lines, ...session];
  const fingerprints = attributes(transport, 'fingerprint');
  required(fingerprints[0], /./u, 'DTLS fingerprint');
  for (const fingerprint of fingerprints) {
    required(fingerprint, /^sha-\d+ [0-9a-f]{2}(?::[0-9a-f]{2})+$/iu, 'DTLS fingerprint');
  }
  // The answerer chooses its role only if the offer allows it; a client that insists on being the DTLS server violates RFC 8842
  // (section 5.2) and is rejected.
  required(attribute(transport, 'setup') ?? 'actpass', /^(?:actpass|active)$/u, 'DTLS role (expected actpass)');
  const direction = audio.lines.map((line) => line.slice(2)).find((value) => DIRECTIONS.includes(value));
  return {
    sections: sections.map((section, index) => ({
      use: section === audio ? 'audio' : section === data ? 'data' : 'refuse',
      mid: mids[index] ?? '',
      line: `m=${section.kind} 0 ${section.protocol} ${section.formats.join(' ')}`,
    })),
    direction: (direction as Direction | undefined) ?? 'sendrecv',
    payloadType,
    ssrcs: [...new Set(attributes(audio.lines, 'ssrc').map((value) => Number.parseInt(value, 10)))]
      .filter((ssrc) => Number.isInteger(ssrc) && ssrc >= 0 && ssrc <= 0xff_ff_ff_ff)
      .slice(0, 1),
    ufrag: required(attribute(transport, 'ice-ufrag'), /^[\w+/]{4,256}$/u, 'ICE user name'),
    password: required(attribute(transport, 'ice-pwd'), /^[\w+/]{22,256}$/u, 'ICE password'),
    fingerprints,
    sctpPort: Number(required(attribute(data.lines, 'sctp-port'), /^[1-9]\d{0,4}$/u, 'SCTP port')),
    maxMessageSize: Number(
      required(attribute(data.lines, 'max-message-size') ?? String(DEFAULT_MAX_MESSAGE_SIZE), /^\d{1,15}$/u, 'max-message-size'),
    ),
  };
}

function head(offer: Offer): string[] {
  const bundle = offer.sections.filter((section) => section.use !== 'refuse').map((section) => section.mid);
  return ['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', `a=group:BUNDLE ${bundle.join(' ')}`];
}

/** Writes a new offer from the validated values, for the WebRTC stack. */
export function plainOffer(offer: Offer): string {
  const transport = [
    'c=IN IP4 0.0.0.0',
    `a=ice-ufrag:${offer.ufrag}`,
    `a=ice-pwd:${offer.password}`,
    ...offer.fingerprints.map((fingerprint) => `a=fingerprint:${fingerprint}`),
    'a=setup:actpass',
  ];
  const lines = head(offer);
  for (const section of offer.sections) {
    if (section.use === 'audio') {
      lines.push(
        `m=audio 9 UDP/TLS/RTP/SAVPF ${String(offer.payloadType)}`,
        ...transport,
        `a=mid:${section.mid}`,
        `a=${offer.direction}`,
        'a=rtcp-mux',
        `a=rtpmap:${String(offer.payloadType)} opus/48000/2`,
        ...offer.ssrcs.map((ssrc) => `a=ssrc:${String(ssrc)} cname:visitor`),
      );
    } else if (section.use === 'data') {
      lines.push(
        'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
        ...transport,
        `a=mid:${section.mid}`,
        `a=sctp-port:${String(offer.sctpPort)}`,
        `a=max-message-size:${String(offer.maxMessageSize)}`,
      );
    }
  }
  return lines.join(EOL) + EOL;
}

/** Writes the answer for the client. */
export function writeSdpAnswer(offer: Offer, parts: AnswerParts): string {
  const transport = [
    `a=ice-ufrag:${parts.ufrag}`,
    `a=ice-pwd:${parts.password}`,
    ...parts.fingerprints.map((fingerprint) => `a=fingerprint:${fingerprint}`),
    'a=setup:passive',
  ];
  const direction = REVERSED[offer.direction];
  const sends = direction === 'sendrecv' || direction === 'sendonly';
  const lines = [...head(offer), `a=msid-semantic: WMS ${STREAM_ID}`];
  let candidates = [...parts.candidates.map((candidate) => `a=candidate:${candidate}`), 'a=end-of-candidates'];
  for (const section of offer.sections) {
    if (section.use === 'refuse') {
      lines.push(section.line, 'c=IN IP4 0.0.0.0', 'a=inactive', ...(section.mid === '' ? [] : [`a=mid:${section.mid}`]));
      continue;
    }
    if (section.use === 'audio') {
      const type = String(offer.payloadType);
      lines.push(
        `m=audio 9 UDP/TLS/RTP/SAVPF ${type}`,
        'c=IN IP4 0.0.0.0',
        'a=rtcp:9 IN IP4 0.0.0.0',
        ...candidates,
        ...transport,
        `a=mid:${section.mid}`,
        `a=${direction}`,
        ...(sends ? [`a=msid:${STREAM_ID} ${TRACK_ID}`] : []),
        'a=rtcp-mux',
        `a=rtpmap:${type} opus/48000/2`,
        `a=fmtp:${type} minptime=10;useinbandfec=1`,
        ...(sends ? [`a=ssrc:${String(parts.ssrc)} cname:${STREAM_ID}`] : []),
      );
    } else {
      lines.push(
        'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
        'c=IN IP4 0.0.0.0',
        ...candidates,
        ...transport,
        `a=mid:${section.mid}`,
        'a=sctp-port:5000',
        `a=max-message-size:${String(parts.maxMessageSize)}`,
      );
    }
    // A bundle has one transport; its candidates go in the first answered section.
    candidates = [];
  }
  return lines.join(EOL) + EOL;
}
