/**
 * The sandbox's default agent. It has no model: it plays the visitor's speech back, reads typed text aloud, calls a
 * tool when the visitor names it and reads the tool's output, so that microphone, speaker, latency and tools can be
 * checked without an account.
 */
import type { AgentTurn, ReplyItem, SaidText, ScriptedReply } from '../session/session-script.js';
import { joinPcm } from '../media/join-pcm.js';
import type { Entry } from '../session/conversation.js';
import { FRAME_SAMPLES, SAMPLE_RATE } from '../media/peer.js';
import { toolArguments } from './tool-arguments.js';

const GREETING = 'Hello, this is the sandbox. Say something, and I will play your own words back to you.';
const LONGEST_READ = 400;

/** Answers one turn. */
export async function defaultAgent(turn: AgentTurn): Promise<ScriptedReply> {
  const forced = forcedCall(turn);
  if (forced !== undefined) return { items: [forced] };
  const last = turn.fresh.at(-1);
  if (last === undefined) return { items: [{ say: opening(turn) }] };
  const { item } = last;
  if (item.type === 'function_call_output') return { items: [{ say: toolAnswer(turn, item.call_id, item.output ?? '') }] };
  if (item.type === 'mcp_approval_response') {
    return { items: [{ say: item.approve === true ? 'Thank you, I may use that tool.' : 'All right, I will not use that tool.' }] };
  }
  if (turn.cause === 'idle') return { items: [{ say: 'Are you still there?' }] };
  const spoken = item.content?.some((part) => part.type === 'input_audio') === true && last.audio.length > 0;
  const words = spoken ? await last.transcript : typedText(last);
  const call = words === undefined ? undefined : namedCall(words, turn);
  if (call !== undefined) return { items: [call] };
  if (spoken) return { items: [{ message: playBack(last, words) }] };
  if (item.content?.some((part) => part.type === 'input_image') === true) {
    return {
      items: [
        { say: words === undefined || words === '' ? 'You sent me a picture.' : `You sent me a picture and wrote: ${shorten(words)}` },
      ],
    };
  }
  return { items: [{ say: words === undefined || words === '' ? opening(turn) : `You wrote: ${shorten(words)}` }] };
}

/** A greeting: the text in quotes from the client's instructions for this answer, if any. */
function opening(turn: AgentTurn): string {
  const quoted = /["“«]([^"”»]{2,})["”»]/.exec(turn.instructions ?? '')?.[1];
  return quoted ?? GREETING;
}

function typedText({ item }: Entry): string | undefined {
  const text = item.content
    ?.map((part) => part.text ?? part.transcript ?? '')
    .join(' ')
    .trim();
  return text === '' ? undefined : text;
}

function shorten(text: string): string {
  return text.length <= LONGEST_READ ? text : `${text.slice(0, LONGEST_READ)}…`;
}

function playBack(entry: Entry, words: string | undefined): SaidText[] {
  const pcm = joinPcm(entry.audio);
  const seconds = ((entry.heard?.speechMs ?? (pcm.length * 1000) / SAMPLE_RATE) / 1000).toFixed(1);
  const level = loudnessInWords(entry.heard?.dbfs ?? -100);
  return [
    { say: `I heard you for ${seconds} seconds, ${level}. This is what you said:` },
    { say: words === undefined || words === '' ? `[your own words, ${seconds} s]` : words, pcm: withoutTrailingSilence(pcm) },
  ];
}

/** Describes a level in words. The thresholds match what people perceive as "quiet" and "loud" on typical speakers. */
export function loudnessInWords(dbfs: number): string {
  if (dbfs < -50) return 'almost too quiet to hear';
  if (dbfs < -36) return 'rather quiet';
  if (dbfs < -12) return 'at a good level';
  return 'very loud';
}

/** Trims trailing silence to a fifth of a second. */
function withoutTrailingSilence(pcm: Int16Array): Int16Array {
  let end = pcm.length;
  while (end > 0 && Math.abs(pcm[end - 1] ?? 0) < 200) end--;
  return pcm.slice(0, Math.min(pcm.length, end + 10 * FRAME_SAMPLES));
}

function functionsOf(turn: AgentTurn): Extract<AgentTurn['tools'][number], { type: 'function' }>[] {
  return turn.toolChoice === 'none' ? [] : turn.tools.filter((tool) => tool.type === 'function');
}

/** The call that `tool_choice` requires. The agent speaks a tool's output instead of calling the tool again. */
function forcedCall(turn: AgentTurn): ReplyItem | undefined {
  if (turn.fresh.at(-1)?.item.type === 'function_call_output') return undefined;
  const { toolChoice } = turn;
  const wanted = typeof toolChoice === 'object' && toolChoice.type === 'function' ? toolChoice.name : undefined;
  if (wanted === undefined && toolChoice !== 'required') return undefined;
  const tool = functionsOf(turn).find(({ name }) => wanted === undefined || name === wanted);
  if (tool === undefined) return undefined;
  const words = turn.fresh.map(typedText).findLast((text) => text !== undefined) ?? '';
  return { call: tool.name, arguments: toolArguments(tool.parameters, words) };
}

/** Finds a tool requested by name: "call get_weather", "use the tool get_weather with {…}", "get weather please, call it". */
function namedCall(words: string, turn: AgentTurn): ReplyItem | undefined {
  if (!/\b(call|use|run|invoke|try)\b/i.test(words)) return undefined;
  const plain = words.toLowerCase();
  const byLength = functionsOf(turn).sort((a, b) => b.name.length - a.name.length);
  for (const tool of byLength) {
    const names = [tool.name.toLowerCase(), spokenName(tool.name)];
    const name = names.find((one) => plain.includes(one));
    if (name === undefined) continue;
    const rest = words.slice(plain.indexOf(name) + name.length);
    const json = /\{[\s\S]*\}/.exec(rest)?.[0];
    return { call: tool.name, arguments: givenArguments(json) ?? toolArguments(tool.parameters, rest) };
  }
  return undefined;
}

/** How a recogniser writes an identifier: "get weather now" for `getWeather_now`. */
function spokenName(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase();
}

function givenArguments(json: string | undefined): Record<string, unknown> | undefined {
  if (json === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function toolAnswer(turn: AgentTurn, callId: string | undefined, output: string): string {
  const name = turn.entries.find(({ item }) => item.type === 'function_call' && item.call_id === callId)?.item.name ?? 'tool';
  return `The tool ${name.replaceAll('_', ' ')} answered: ${shorten(readable(output))}`;
}

/** Turns JSON into words that can be read aloud. */
function readable(output: string): string {
  try {
    const value: unknown = JSON.parse(output);
    return sentence(value);
  } catch {
    return output;
  }
}

function sentence(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return value.map(sentence).join(', ');
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([name, member]) => `${name.replaceAll('_', ' ')} ${sentence(member)}`)
      .join(', ');
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
