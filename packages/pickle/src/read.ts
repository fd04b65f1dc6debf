import { compressionOf, type Compression, decompress } from "./decompress/decompress.js";
import { checkDepth } from "./depth.js";
import { beyondLimit, malformed } from "./errors.js";
import { Input, type Memory } from "./input.js";
import { joblibArray, type JoblibParts } from "./joblib.js";
import { Deadline, type PickleLimits, resolveLimits } from "./limits.js";
import { type MachineContext, runPickle } from "./machine.js";
import { PickleFile } from "./pickle-file.js";
import { type Policy, ReadingPolicy } from "./policy.js";
import type { PickleValue } from "./value.js";

/** What a reader takes, and how much. */
export interface ReadPickleOptions {
  readonly limits?: PickleLimits | undefined;
  readonly signal?: AbortSignal | undefined;
  /** "refuse" (default), or "opaque": unknown classes and functions become placeholders, to be shown and never converted. */
  readonly unknown?: "refuse" | "opaque";
  /** Files beside the main one, by plain name: joblib 0.9 kept its arrays there. */
  readonly companions?: ReadonlyMap<string, Memory | ArrayBuffer>;
}

/**
 * Reads a pickle or joblib file, compressed or not, as inert data. Arrays are views on `source`, which is not to be
 * changed afterwards. Throws `pickle_global` for a name that is not known to be data, `malformed`, `truncated`,
 * `limit_exceeded`.
 */
export function readPickle(source: Memory | ArrayBuffer, options: ReadPickleOptions = {}): PickleFile {
  const policy = new ReadingPolicy(options.unknown === "opaque");
  const stream = openStream(source, options);
  const result = runStream(stream, policy, options);
  checkDepth(result.value, resolveLimits(options.limits).depth);
  const { value, ...facts } = result;
  const trailing = facts.trailing + stream.trailing;
  return new PickleFile(value, { ...facts, compression: stream.compression, trailing });
}

export interface PickleStream {
  readonly memory: Memory;
  readonly compression: Compression | undefined;
  /** Bytes after the compressed stream. */
  readonly trailing: number;
}

/** The decompressed bytes of a file. */
export function openStream(source: Memory | ArrayBuffer, options: ReadPickleOptions): PickleStream {
  const memory = asMemory(source);
  const head = headOf(memory);
  if (memory.byteLength === 0) throw malformed("The file is empty");
  if (isZip(head)) throw malformed("The file is a ZIP archive, not a pickle: a PyTorch or NumPy file perhaps");
  const limits = resolveLimits(options.limits);
  if (memory.byteLength > limits.bytes)
    throw beyondLimit(`The file has ${memory.byteLength} bytes, more than the ${limits.bytes} that are allowed`);
  const compression = compressionOf(head);
  if (compression === undefined) return { memory, compression, trailing: 0 };
  const opened = decompress(memory, compression, limits, new Deadline(limits.time, options.signal));
  const inner = headOf(opened.memory);
  if (compressionOf(inner) !== undefined || isZip(inner))
    throw malformed(`The file holds ${compression} data that is compressed once more, which no Python tool writes`);
  return { memory: opened.memory, compression, trailing: memory.byteLength - opened.used };
}

export interface StreamResult {
  readonly value: PickleValue;
  readonly protocol: number;
  readonly joblib: boolean;
  readonly opcodes: number;
  readonly size: number;
  readonly trailing: number;
}

/** Runs the pickle at `start` of decompressed bytes. */
export function runStream(
  stream: PickleStream,
  policy: Policy,
  options: ReadPickleOptions,
  start = 0,
  missing?: JoblibParts["missing"],
): StreamResult {
  const limits = resolveLimits(options.limits);
  const deadline = new Deadline(limits.time, options.signal);
  const count = { opcodes: 0, protocol: 0 };
  let joblib = stream.compression === "zfile";
  const plain: MachineContext = { limits, deadline, policy, count };
  const parts: JoblibParts = {
    companion: (name) => {
      const found = options.companions?.get(name);
      return found === undefined ? undefined : asMemory(found);
    },
    zfile: (memory) => {
      if (compressionOf(headOf(memory)) !== "zfile") throw malformed("An array beside a joblib file is not a Z-file");
      return decompress(memory, "zfile", limits, deadline).memory;
    },
    ...(missing === undefined ? {} : { missing }),
    // Plain, as Python reads it: the pickle of an object array holds no arrays in joblib's manner.
    nested: (input) => runPickle(input, plain),
  };
  const input = new Input(stream.memory, start);
  const value = runPickle(input, {
    ...plain,
    afterBuild: (target, input) => {
      const array = joblibArray(target, input, parts);
      if (array !== undefined) joblib = true;
      return array;
    },
  });
  return { value, joblib, ...count, size: input.position - start, trailing: input.remaining };
}

export function asMemory(source: Memory | ArrayBuffer): Memory {
  return "buffer" in source ? source : { buffer: source, byteOffset: 0, byteLength: source.byteLength };
}

/** The first bytes, enough to tell formats apart. */
export function headOf(memory: Memory, length = 64): Uint8Array {
  return new Uint8Array(memory.buffer, memory.byteOffset, Math.min(length, memory.byteLength));
}

export function isZip(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x4b && (head[2] === 3 || head[2] === 5) && (head[3] === 4 || head[3] === 6);
}
