/**
 * The source code of the speech worker, as a string.
 *
 * Owns: running flite's WASM command once per sentence, off the main thread. Does not own text preparation or PCM
 * post-processing (`speech.ts`).
 *
 * It is a string because a worker module would need a separate file: under tsx the sources are TypeScript, and in
 * `dist/` everything is one bundle. A string runs in both. It is CommonJS, uses only Node's modules, and receives the
 * path of the WASM file from the main thread.
 *
 * flite is a command-line program, so the worker provides its system interface: the arguments, one directory, and one
 * output file in memory. `node:wasi` would work too, but prints an experimental warning and needs real files for the
 * audio.
 *
 * It also resamples flite's 16 kHz to 24 kHz, with a filter specialised for that ratio (3 : 2): on the main thread, a
 * long sentence would delay every call's next frame by about 20 ms.
 *
 * Incoming messages: `{id, text}`. Outgoing messages: `{id, pcm}` with 24 kHz mono samples, or `{id, error}`.
 */
export const fliteWorkerSource = `
'use strict';
const { parentPort, workerData } = require('node:worker_threads');
const { readFile } = require('node:fs/promises');

const OK = 0, BAD_FILE = 8, INVALID = 28, NOT_FOUND = 44;
const DIRECTORY = 3, OUTPUT = 4;
class Exit extends Error {}

let compiled;
const program = () => (compiled ??= readFile(workerData.wasm).then((bytes) => WebAssembly.compile(bytes)));

async function run(module, text) {
  const args = ['flite', '-voice', workerData.voice, '-t', text, '-o', 'out'].map((value) => Buffer.from(value + '\\0'));
  let memory;
  let file = Buffer.alloc(1 << 18), length = 0, position = 0;
  const view = () => new DataView(memory.buffer);
  const bytes = () => new Uint8Array(memory.buffer);
  const missing = () => BAD_FILE;
  const system = {
    args_sizes_get(count, size) {
      view().setUint32(count, args.length, true);
      view().setUint32(size, args.reduce((sum, value) => sum + value.length, 0), true);
      return OK;
    },
    args_get(pointers, data) {
      for (const value of args) {
        view().setUint32(pointers, data, true);
        bytes().set(value, data);
        pointers += 4;
        data += value.length;
      }
      return OK;
    },
    clock_time_get(clock, precision, time) {
      view().setBigUint64(time, process.hrtime.bigint(), true);
      return OK;
    },
    fd_prestat_get(fd, buffer) {
      if (fd !== DIRECTORY) return BAD_FILE;
      view().setUint32(buffer, 0, true);
      view().setUint32(buffer + 4, 1, true);
      return OK;
    },
    fd_prestat_dir_name(fd, path) {
      if (fd !== DIRECTORY) return BAD_FILE;
      bytes()[path] = 0x2e;
      return OK;
    },
    fd_fdstat_get(fd, buffer) {
      if (fd > OUTPUT) return BAD_FILE;
      bytes().fill(0, buffer, buffer + 24);
      bytes()[buffer] = fd === DIRECTORY ? 3 : fd === OUTPUT ? 4 : 2;
      view().setBigUint64(buffer + 8, 0xffffffffn, true);
      view().setBigUint64(buffer + 16, 0xffffffffn, true);
      return OK;
    },
    fd_fdstat_set_flags: () => OK,
    fd_close: () => OK,
    fd_read: missing,
    path_open(fd, flags, path, size, create, rights, inherited, fdFlags, opened) {
      if (Buffer.from(memory.buffer, path, size).toString() !== 'out') return NOT_FOUND;
      length = position = 0;
      view().setUint32(opened, OUTPUT, true);
      return OK;
    },
    fd_seek(fd, offset, whence, result) {
      if (fd !== OUTPUT) return INVALID;
      position = Number(offset) + (whence === 1 ? position : whence === 2 ? length : 0);
      view().setBigUint64(result, BigInt(position), true);
      return OK;
    },
    fd_write(fd, vectors, count, written) {
      let total = 0;
      for (let index = 0; index < count; index += 1) {
        const start = view().getUint32(vectors + 8 * index, true);
        const size = view().getUint32(vectors + 8 * index + 4, true);
        if (fd === OUTPUT) {
          if (position + size > file.length) {
            const larger = Buffer.alloc(Math.max(2 * file.length, position + size));
            file.copy(larger, 0, 0, length);
            file = larger;
          }
          file.set(bytes().subarray(start, start + size), position);
          position += size;
          length = Math.max(length, position);
        }
        total += size;
      }
      view().setUint32(written, total, true);
      return OK;
    },
    proc_exit() {
      throw new Exit();
    },
  };
  const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: system });
  memory = instance.exports.memory;
  try {
    instance.exports._start();
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
  }
  if (length < HEADER || file.readUInt32LE(24) !== 16000) throw new Error('flite wrote no 16 kHz sound');
  const samples = new Float32Array((length - HEADER) >> 1);
  for (let index = 0; index < samples.length; index += 1) samples[index] = file.readInt16LE(HEADER + 2 * index);
  return upsample(samples);
}

const HEADER = 44, HALF = 16, PASS = 0.94;
// Output sample k lies at k * 2/3 of the input: three filters, for 0, 2/3 and 1/3 of a sample behind an input sample.
const filters = [0, 2 / 3, 1 / 3].map((behind) => {
  const taps = new Float32Array(2 * HALF + 1);
  let sum = 0;
  for (let tap = 0; tap < taps.length; tap += 1) {
    const distance = tap - HALF - behind, x = Math.PI * PASS * distance, w = distance / (HALF + 1);
    taps[tap] = (x === 0 ? 1 : Math.sin(x) / x) * (0.42 + 0.5 * Math.cos(Math.PI * w) + 0.08 * Math.cos(2 * Math.PI * w));
    sum += taps[tap];
  }
  return taps.map((value) => value / sum);
});

function upsample(samples) {
  const padded = new Float32Array(samples.length + 2 * HALF + 1);
  padded.set(samples, HALF);
  const pcm = new Int16Array(Math.floor((samples.length * 3) / 2));
  for (let index = 0; index < pcm.length; index += 1) {
    const taps = filters[index % 3], from = Math.floor((index * 2) / 3);
    let sum = 0;
    for (let tap = 0; tap < taps.length; tap += 1) sum += padded[from + tap] * taps[tap];
    pcm[index] = Math.max(-32768, Math.min(32767, Math.round(sum)));
  }
  return pcm;
}

let last = Promise.resolve();
parentPort.on('message', ({ id, text }) => {
  last = last.then(async () => {
    const module = await program();
    // Text that makes flite fail produces no audio; only failing to load the program is an error.
    return run(module, text).catch(() => new Int16Array(0));
  }).then(
    (pcm) => parentPort.postMessage({ id, pcm }, [pcm.buffer]),
    (error) => parentPort.postMessage({ id, error: String(error) }),
  );
});
`;
