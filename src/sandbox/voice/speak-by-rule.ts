/**
 * A small voice for places without the sandbox's synthesiser: formant synthesis by rule. It sounds like a robot of 1980 and is
 * understandable with the transcript; it needs no data files, no WebAssembly and no network, and the same text always sounds the same.
 *
 * Owns: durations, melody and sound. Does not own: spelling (`letter-sounds.ts`), numbers (`spoken-words.ts`).
 */
import { SAMPLE_RATE } from '../media/peer.js';
import { letterSounds } from './letter-sounds.js';
import { PHONEMES } from './phonemes.js';
import type { Phoneme } from './phonemes.js';
import { spokenWords } from './spoken-words.js';

/** Samples for which the filters keep their settings: 5 ms. */
const STEP = SAMPLE_RATE / 200;
/** Samples after which other work gets a turn, such as the next frame of a call: about 4 ms of computing. */
const SHARE = 20 * STEP;
/** Milliseconds over which the sound changes from one phoneme to the next. */
const GLIDE = 45;
const PAUSES = { '': 0, ',': 180, '.': 260 } as const;
/** Pitch in hertz at the beginning and the end of a sentence; a question ends higher. */
const PITCH = { begin: 128, end: 88, question: 150 } as const;
/** Peak of a sentence: −6 dB of full scale. */
const PEAK = 16_384;
/** Gains of the three sources: an s is about 9 dB softer than a vowel. */
const VOICE = 9;
const BREATH = 0.025;
const NOISE = 0.036;
const BANDWIDTHS = [70, 95, 140] as const;

/** One stretch of the sentence: a phoneme or a pause. */
interface Stretch {
  readonly phoneme: Phoneme | undefined;
  readonly ms: number;
  /** Whether the pitch rises a little. */
  readonly stressed: boolean;
}

/** The settings of the synthesiser at one moment. */
interface Setting {
  readonly formants: readonly number[];
  readonly voice: number;
  readonly breath: number;
  readonly noise: number;
  readonly noiseHz: number;
}

/** Speaks a text: 24 kHz mono PCM, empty if the text has no words. */
export async function speakByRule(text: string): Promise<Int16Array> {
  const stretches = stretchesOf(text);
  return stretches.length === 0 ? new Int16Array(0) : render(stretches, /\?\s*$/.test(text));
}

function stretchesOf(text: string): Stretch[] {
  const words = spokenWords(text);
  return words.flatMap(({ word, pause }, index) => {
    const phonemes = letterSounds(word).flatMap((name) => PHONEMES[name] ?? []);
    const long = pause !== '' || index === words.length - 1;
    const lastVowel = phonemes.findLastIndex(({ kind }) => kind === 'vowel');
    const firstVowel = phonemes.findIndex(({ kind }) => kind === 'vowel');
    const sounds = phonemes.map((phoneme, at) => ({
      phoneme,
      // The last syllable before a pause is longer.
      ms: phoneme.ms * (long && at >= lastVowel ? 1.35 : 1),
      stressed: at === firstVowel && word.length > 3,
    }));
    return [...sounds, ...(pause === '' ? [] : [{ phoneme: undefined, ms: PAUSES[pause], stressed: false }])];
  });
}

const QUIET: Setting = { formants: [500, 1500, 2500], voice: 0, breath: 0, noise: 0, noiseHz: 5_000 };

/** The setting within a stretch, at a share 0..1 of its duration. */
function settingAt({ phoneme, ms }: Stretch, share: number, next: Phoneme | undefined): Setting {
  if (phoneme === undefined) return QUIET;
  const { formants, to = formants, voice, noise, breath = 0, kind } = phoneme;
  const at = Math.min(1, Math.max(0, (share - 0.25) / 0.5));
  const now = formants.map((hz, index) => hz + ((to[index] ?? hz) - hz) * at);
  const base = { formants: now, voice, breath: 0, noise: noise?.level ?? 0, noiseHz: noise?.hz ?? 5_000 };
  if (kind !== 'stop') return { ...base, breath, ...(breath > 0 && next && { formants: next.formants }) };
  // A stop is closed first, then releases noise, then breath.
  const left = (1 - share) * ms;
  const release = breath > 0 ? 35 : 15;
  if (left > release + (ms > 100 ? 50 : 12)) return { ...base, noise: 0 };
  return left > release ? base : { ...base, noise: base.noise * 0.2, breath };
}

async function render(stretches: readonly Stretch[], question: boolean): Promise<Int16Array> {
  const total = stretches.reduce((sum, { ms }) => sum + ms, 0);
  const sound = new Float32Array(Math.ceil((total * SAMPLE_RATE) / 1000 / STEP) * STEP);
  const filters = BANDWIDTHS.map(() => new Resonator());
  const [glottis, upper, hiss] = [new Resonator(), new Resonator(), new Resonator()];
  upper.tune(3_400, 250);
  glottis.tune(0, 120);
  const random = noiseSource();
  let current: Setting = QUIET;
  let index = 0;
  let begun = 0;
  let phase = 0;
  for (let at = 0; at < sound.length; at += STEP) {
    if (at % SHARE === 0) await pause();
    const ms = (at * 1000) / SAMPLE_RATE;
    while (index < stretches.length - 1 && ms >= begun + (stretches[index]?.ms ?? 0)) begun += stretches[index++]?.ms ?? 0;
    const stretch = stretches[index] as Stretch;
    const target = settingAt(stretch, (ms - begun) / stretch.ms, stretches[index + 1]?.phoneme);
    current = approach(current, target);
    const share = ms / total;
    const end = question ? PITCH.question : PITCH.end;
    const fall = question ? Math.max(0, (share - 0.7) / 0.3) : share;
    const pitch = PITCH.begin + (end - PITCH.begin) * fall + (stretch.stressed ? 10 : 0);
    filters.forEach((filter, formant) => {
      filter.tune(current.formants[formant] ?? 500, BANDWIDTHS[formant] ?? 100);
    });
    hiss.tuneBand(current.noiseHz, 1_200);
    for (let sample = at; sample < at + STEP; sample++) {
      phase += pitch / SAMPLE_RATE;
      const pulse = phase >= 1 ? 1 : 0;
      phase -= pulse;
      const noise = random();
      let value = glottis.pass(pulse) * VOICE * current.voice + noise * BREATH * current.breath;
      for (const filter of filters) value = filter.pass(value);
      value = upper.pass(value);
      sound[sample] = value + hiss.pass(noise) * current.noise * NOISE;
    }
  }
  return toPcm(sound);
}

/** Lets other tasks run. Not a timer, which a hidden page delays by a second. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Moves towards the next phoneme: formants glide, amplitudes follow faster. */
function approach(from: Setting, to: Setting): Setting {
  const step = (a: number, b: number, ms: number): number => a + (b - a) * Math.min(1, 5 / ms);
  return {
    formants: to.formants.map((hz, index) => step(from.formants[index] ?? hz, hz, GLIDE / 2)),
    voice: step(from.voice, to.voice, 12),
    breath: step(from.breath, to.breath, 10),
    noise: step(from.noise, to.noise, 8),
    noiseHz: to.noise > 0 ? to.noiseHz : from.noiseHz,
  };
}

/** Removes the constant part and scales to `PEAK`. */
function toPcm(sound: Float32Array): Int16Array {
  let last = 0;
  let base = 0;
  let peak = 1e-6;
  for (let index = 0; index < sound.length; index++) {
    const value = sound[index] ?? 0;
    // A high-pass filter at 40 Hz, which also brightens the voice.
    base = value - last + 0.97 * base;
    last = value;
    sound[index] = base;
    peak = Math.max(peak, Math.abs(base));
  }
  return Int16Array.from(sound, (value) => Math.round((value / peak) * PEAK));
}

/** White noise, the same for each sentence. */
function noiseSource(): () => number {
  let state = 22_222;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2_147_483_648 - 1;
  };
}

/** A two-pole filter (Klatt 1980). */
class Resonator {
  #a = 1;
  #b = 0;
  #c = 0;
  #one = 0;
  #two = 0;

  /** With a gain of 1 at 0 Hz. */
  tune(hz: number, bandwidth: number): void {
    const radius = Math.exp((-Math.PI * bandwidth) / SAMPLE_RATE);
    this.#c = -radius * radius;
    this.#b = 2 * radius * Math.cos((2 * Math.PI * hz) / SAMPLE_RATE);
    this.#a = 1 - this.#b - this.#c;
  }

  /** With a gain of about 1 at its frequency. */
  tuneBand(hz: number, bandwidth: number): void {
    this.tune(hz, bandwidth);
    this.#a = (1 + this.#c) * Math.sin((2 * Math.PI * hz) / SAMPLE_RATE);
  }

  pass(value: number): number {
    const output = this.#a * value + this.#b * this.#one + this.#c * this.#two;
    this.#two = this.#one;
    this.#one = output;
    return output;
  }
}
