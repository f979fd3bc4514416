/**
 * The phonemes of English as a formant synthesiser needs them. Formant frequencies in hertz follow Peterson and Barney (1952) for the
 * vowels and Klatt (1980) for the consonants, for a man's voice.
 */

/** How a phoneme sounds. */
export interface Phoneme {
  readonly kind: 'vowel' | 'consonant' | 'stop';
  /** Duration in milliseconds. */
  readonly ms: number;
  /** The first three formants. */
  readonly formants: readonly [number, number, number];
  /** The formants at the end of a diphthong. */
  readonly to?: readonly [number, number, number];
  /** Amplitude of the voice, 0..1. */
  readonly voice: number;
  /** Amplitude and centre frequency of the noise of a fricative or of a stop's release. */
  readonly noise?: { readonly level: number; readonly hz: number };
  /** Amplitude of breath through the formants, 0..1. */
  readonly breath?: number;
}

type Formants = Phoneme['formants'];

const vowel = (ms: number, formants: Formants, to?: Formants): Phoneme => ({
  kind: 'vowel',
  ms,
  formants,
  voice: 1,
  ...(to && { to }),
});
const consonant = (ms: number, formants: Formants, voice: number, level = 0, hz = 0): Phoneme => ({
  kind: 'consonant',
  ms,
  formants,
  voice,
  ...(level > 0 && { noise: { level, hz } }),
});
const stop = (ms: number, formants: Formants, voice: number, level: number, hz: number, breath = 0): Phoneme => ({
  kind: 'stop',
  ms,
  formants,
  voice,
  noise: { level, hz },
  breath,
});

const IY: Formants = [270, 2290, 3010];
const UW: Formants = [310, 870, 2240];

/** By ARPAbet name. */
export const PHONEMES: Readonly<Record<string, Phoneme>> = {
  IY: vowel(120, IY),
  IH: vowel(90, [390, 1990, 2550]),
  EH: vowel(110, [530, 1840, 2480]),
  AE: vowel(140, [660, 1720, 2410]),
  AA: vowel(140, [730, 1090, 2440]),
  AO: vowel(140, [570, 840, 2410]),
  UH: vowel(100, [440, 1020, 2240]),
  UW: vowel(120, UW),
  AH: vowel(100, [640, 1190, 2390]),
  AX: vowel(65, [500, 1400, 2400]),
  ER: vowel(120, [480, 1350, 1690]),
  EY: vowel(140, [480, 1900, 2500], [330, 2200, 2800]),
  AY: vowel(170, [730, 1150, 2440], [360, 2050, 2650]),
  OY: vowel(180, [560, 850, 2400], [360, 2000, 2600]),
  AW: vowel(170, [730, 1200, 2440], [380, 900, 2300]),
  OW: vowel(140, [540, 950, 2350], [350, 850, 2250]),
  W: consonant(70, [290, 610, 2150], 0.6),
  Y: consonant(60, [260, 2200, 3000], 0.6),
  R: consonant(75, [310, 1060, 1380], 0.6),
  L: consonant(70, [340, 1050, 2800], 0.6),
  M: consonant(75, [250, 1000, 2200], 0.35),
  N: consonant(70, [250, 1500, 2500], 0.35),
  NG: consonant(80, [250, 2000, 2700], 0.35),
  F: consonant(95, [340, 1100, 2080], 0, 0.25, 6_500),
  V: consonant(65, [300, 1100, 2080], 0.4, 0.15, 6_500),
  TH: consonant(90, [320, 1290, 2540], 0, 0.25, 7_000),
  DH: consonant(55, [280, 1290, 2540], 0.4, 0.12, 7_000),
  S: consonant(105, [320, 1390, 2530], 0, 0.35, 6_800),
  Z: consonant(80, [280, 1390, 2530], 0.35, 0.2, 6_800),
  SH: consonant(110, [300, 1840, 2750], 0, 0.6, 3_200),
  ZH: consonant(80, [280, 1840, 2750], 0.35, 0.3, 3_200),
  HH: { ...consonant(65, [500, 1400, 2400], 0), breath: 0.35 },
  P: stop(95, [350, 900, 2150], 0, 1.2, 1_000, 0.2),
  B: stop(75, [250, 900, 2150], 0.2, 0.6, 1_000),
  T: stop(90, [350, 1700, 2600], 0, 0.4, 4_600, 0.2),
  D: stop(65, [250, 1700, 2600], 0.2, 0.3, 4_200),
  K: stop(95, [350, 1900, 2400], 0, 0.9, 2_100, 0.2),
  G: stop(75, [250, 1900, 2400], 0.2, 0.6, 2_100),
  CH: stop(130, [350, 1800, 2750], 0, 0.6, 3_200),
  JH: stop(110, [270, 1800, 2750], 0.2, 0.4, 3_200),
};
