import { archiveEntries } from "./archive.js";
import { beyondLimit, malformed } from "./errors.js";
import { Input, type Memory } from "./input.js";
import { Deadline, resolveLimits } from "./limits.js";
import { runPickle } from "./machine.js";
import { isNpy, takeNpy } from "./npy.js";
import { NumpyArray } from "./numpy-array.js";
import { ReadingPolicy } from "./policy.js";
import { asMemory, headOf, isZip, type ReadPickleOptions } from "./read.js";

/** What NumPy's own files hold. */
export interface NumpyFile {
  /** By the names of `np.savez`; the one of a `.npy` file is "array". Views on the file where they can be. */
  readonly arrays: ReadonlyMap<string, NumpyArray>;
  readonly form: "npy" | "npz";
}

/**
 * Reads `.npy` and `.npz`. Arrays of Python objects are read as inert data, by the same rules as pickles. Arrays are views
 * on `source`, which is not to be changed afterwards. Throws `malformed`, `truncated`, `pickle_global`, `limit_exceeded`.
 */
export function readNumpy(source: Memory | ArrayBuffer, options: ReadPickleOptions = {}): NumpyFile {
  const memory = asMemory(source);
  const limits = resolveLimits(options.limits);
  if (memory.byteLength > limits.bytes)
    throw beyondLimit(`The file has ${memory.byteLength} bytes, more than the ${limits.bytes} that are allowed`);
  const context = {
    limits,
    deadline: new Deadline(limits.time, options.signal),
    policy: new ReadingPolicy(options.unknown === "opaque"),
    count: { opcodes: 0, protocol: 0 },
  };
  const arrayIn = (bytes: Memory, name: string): NumpyArray => {
    const input = new Input(bytes);
    const array = takeNpy(input, (nested) => runPickle(nested, context));
    if (!(array instanceof NumpyArray)) throw malformed(`${name} holds an object that is no array`);
    if (input.remaining > 0) throw malformed(`${input.remaining} bytes follow the array in ${name}`);
    return array;
  };
  if (!isZip(headOf(memory))) return { arrays: new Map([["array", arrayIn(memory, "the file")]]), form: "npy" };

  const arrays = new Map<string, NumpyArray>();
  let total = 0;
  for (const entry of archiveEntries(memory).values()) {
    const name = entry.name.replace(/\.npy$/, "");
    if (name === entry.name || !isNpy(entry.head()))
      throw malformed(`The archive holds ${JSON.stringify(entry.name)}, which is no array`);
    const { memory: bytes, damaged } = entry.content(limits);
    if (damaged) throw malformed(`${JSON.stringify(entry.name)} does not have the checksum that the archive lists`);
    total += bytes.byteLength;
    if (total > limits.bytes) throw beyondLimit(`The arrays have more than ${limits.bytes} bytes unpacked`);
    arrays.set(name, arrayIn(bytes, JSON.stringify(entry.name)));
  }
  return { arrays, form: "npz" };
}
