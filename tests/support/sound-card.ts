/**
 * A sound card for browsers without a fake one that can speak (Firefox, WebKitGTK): a private PulseAudio with a speaker that a test
 * can record and a microphone that it can play into. Owns one process and its folder.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = '/usr/bin/pulseaudio';
const FORMAT = 'format=s16le rate=24000 channels=1';
/** Mean square of samples above which audio counts as sound: −46 dB of full scale. */
const AUDIBLE = 160 ** 2;

/** A running sound card. */
export class SoundCard {
  /** Environment variables that a browser needs to use this card. */
  readonly env: Readonly<Record<string, string>>;
  readonly #microphone: Socket;
  readonly #end: () => Promise<void>;
  #heard = 0;

  private constructor(env: Record<string, string>, microphone: Socket, loudspeaker: Socket, end: () => Promise<void>) {
    this.env = env;
    this.#microphone = microphone;
    this.#end = end;
    loudspeaker.on('data', (data) => {
      let sum = 0;
      const samples = Math.floor(data.length / 2);
      for (let index = 0; index < samples; index += 1) sum += data.readInt16LE(index * 2) ** 2;
      if (samples > 0 && sum / samples > AUDIBLE) this.#heard += samples / 24;
    });
  }

  /** Starts PulseAudio; rejects if it is not installed. */
  static async start(): Promise<SoundCard> {
    if (!existsSync(PROGRAM)) throw new Error(`No PulseAudio found at ${PROGRAM}. Install it (Debian: apt-get install pulseaudio).`);
    const folder = mkdtempSync(join(tmpdir(), 'voice-agent-sound-'));
    const modules = [
      'module-null-sink sink_name=loudspeaker',
      'module-null-sink sink_name=spoken',
      'module-remap-source source_name=microphone master=spoken.monitor source_properties=device.description=Microphone',
      `module-simple-protocol-unix record=true source=loudspeaker.monitor socket=${folder}/loudspeaker ${FORMAT}`,
      `module-simple-protocol-unix playback=true sink=spoken socket=${folder}/microphone ${FORMAT}`,
      `module-native-protocol-unix auth-anonymous=1 socket=${folder}/native`,
    ];
    const args = [
      '-n',
      '--daemonize=no',
      '--exit-idle-time=-1',
      '--disallow-exit',
      '--log-target=stderr',
      ...modules.flatMap((one) => ['-L', one]),
    ];
    const env = { XDG_RUNTIME_DIR: folder, PULSE_SERVER: `unix:${folder}/native`, PULSE_SOURCE: 'microphone', PULSE_SINK: 'loudspeaker' };
    const child = spawn(PROGRAM, args, { env: { ...process.env, ...env, HOME: folder }, stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = new Promise<void>((resolve) =>
      child.once('exit', () => {
        resolve();
      }),
    );
    let printed = '';
    child.stderr.on('data', (data) => (printed += String(data)));
    const end = async (): Promise<void> => {
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    };
    try {
      const gone = ended.then(() => {
        throw new Error(`PulseAudio ended: ${printed}`);
      });
      const open = (name: string): Promise<Socket> => Promise.race([gone, opened(join(folder, name))]);
      // The last module creates the last socket; once it exists, so do the others.
      (await open('native')).destroy();
      return new SoundCard(env, await open('microphone'), await open('loudspeaker'), end);
    } catch (error) {
      await end();
      throw error;
    }
  }

  /** Milliseconds of sound that the speaker has played so far, without silence. */
  get heard(): number {
    return this.#heard;
  }

  /** Plays 24 kHz mono into the microphone, in real time. */
  speak(samples: Int16Array): void {
    this.#microphone.write(Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength));
  }

  async close(): Promise<void> {
    this.#microphone.destroy();
    await this.#end();
  }
}

/** Connects to a socket as soon as it accepts connections. */
async function opened(path: string): Promise<Socket> {
  for (;;) {
    const socket = connect(path);
    const connected = await new Promise<boolean>((resolve) => {
      socket
        .once('connect', () => {
          resolve(true);
        })
        .once('error', () => {
          resolve(false);
        });
    });
    if (connected) return socket.on('error', () => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
