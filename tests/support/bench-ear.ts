/**
 * Listens to a media stream on the page's audio thread and records when sound begins and ends. It does not poll,
 * because a busy page would distort the measurement.
 */

/** The audio worklet's module. One decision per 128 samples (2.7 ms at 48 kHz), threshold −50 dBFS. */
export const EAR_MODULE = `
registerProcessor('ear', class extends AudioWorkletProcessor {
  sounding = false;
  process([input]) {
    const samples = input[0];
    let power = 0;
    if (samples) for (const sample of samples) power += sample * sample;
    const sounding = samples !== undefined && power / 128 > 1e-5;
    if (sounding !== this.sounding) {
      this.sounding = sounding;
      this.port.postMessage({ at: Date.now(), sounding });
    }
    return true;
  }
});`;

/**
 * Installs `window.ear`: `listen(stream)`, `attach(stream)` for a further stream, `changes` as `{at, sounding}` with `Date.now()`
 * times (the only clock that
 * the audio thread shares with the page), and `until(sounding, after)`, which waits for a change.
 */
export const EAR = `
window.ear = {
  changes: [],
  waiting: [],
  async listen(stream) {
    this.context = new AudioContext();
    await this.context.audioWorklet.addModule('/ear.js');
    this.attach(stream);
  },
  attach(stream) {
    const node = new AudioWorkletNode(this.context, 'ear');
    node.port.onmessage = ({ data }) => {
      this.changes.push(data);
      this.waiting = this.waiting.filter((wait) => !wait(data));
    };
    this.source = new MediaStreamAudioSourceNode(this.context, { mediaStream: stream });
    this.source.connect(node).connect(this.context.destination);
  },
  until(sounding, after = 0) {
    const known = this.changes.find((change) => change.at >= after && change.sounding === sounding);
    return known ?? new Promise((resolve) => this.waiting.push((change) => change.sounding === sounding && (resolve(change), true)));
  },
  get sounding() { return this.changes.at(-1)?.sounding === true; },
};`;
