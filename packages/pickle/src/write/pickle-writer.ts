import { type Tensor, tensorBytes } from "@modelkeep/core";

import { latin1Bytes } from "../globals/known.js";
import { NumpyArray } from "../numpy-array.js";
import { NumpyScalar } from "../numpy-scalar.js";
import { PickleByteArray, PickleSet, PickleTuple } from "../value.js";
import { ByteParts } from "./byte-parts.js";
import { numpyCodes } from "./numpy-codes.js";
import { entriesOf, refusedValue, tensorOf } from "./plain.js";

const deepest = 1000;

/** joblib aligns the elements of arrays to so many bytes. */
const alignment = 16;

export interface WriterForm {
  readonly protocol: 4 | 5;
  /** Arrays lie between the opcodes, as joblib puts them. */
  readonly joblib: boolean;
}

/** Writes one pickle of plain data. Elements of tensors are not copied: the parts hold views on them. */
export class PickleWriter {
  readonly parts: ByteParts;
  readonly #memo = new Map<object, number>();
  /** Numbers given out; the parts of an array take some as well. */
  #memoized = 0;
  readonly #path: (string | number)[] = [];
  readonly #open = new Set<object>();

  constructor(
    private readonly form: WriterForm,
    parts = new ByteParts(),
  ) {
    this.parts = parts;
  }

  write(value: unknown): void {
    this.parts.bytes(0x80, this.form.protocol);
    this.#value(value);
    this.parts.bytes(0x2e);
  }

  #value(value: unknown): void {
    if (this.#path.length > deepest) throw refusedValue(`A value nested more than ${deepest} levels deep`, this.#path);
    if (value === null || value === undefined) this.parts.bytes(0x4e);
    else if (typeof value === "boolean") this.parts.bytes(value ? 0x88 : 0x89);
    else if (typeof value === "number") this.#number(value);
    else if (typeof value === "bigint") this.#integer(value);
    else if (typeof value === "string") this.#text(value);
    else if (typeof value === "object") this.#object(value);
    else throw refusedValue(`A ${typeof value}`, this.#path);
  }

  #object(value: object): void {
    if (value instanceof Uint8Array) return this.#bytes(value);
    if (value instanceof PickleByteArray) return this.#byteArray(value.bytes);
    const seen = this.#memo.get(value);
    if (seen !== undefined) return this.#get(seen);
    if (this.#open.has(value)) throw refusedValue("A tuple or set that contains itself", this.#path);
    if (Array.isArray(value)) return this.#list(value);
    if (value instanceof PickleTuple) return this.#sequence(value, value.items, 0x74);
    if (value instanceof PickleSet) return this.#set(value);
    if (value instanceof NumpyScalar) return this.#scalar(value);
    const tensor = tensorOf(value);
    if (tensor !== undefined) return this.#tensor(tensor, value);
    if (value instanceof NumpyArray && value.values !== undefined)
      return this.#objects(value.values, value.shape, value);
    const entries = entriesOf(value);
    if (entries === undefined) throw refusedValue("An instance of a class", this.#path);
    return this.#dict(value, entries);
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      if (value >= 0 && value < 0x100) this.parts.bytes(0x4b, value);
      else if (value >= 0 && value < 0x1_0000) this.parts.bytes(0x4d, value & 0xff, value >> 8);
      else if (value === (value | 0)) this.parts.uint32(0x4a, value);
      else this.#integer(BigInt(value));
    } else {
      const view = new DataView(new ArrayBuffer(8));
      view.setFloat64(0, value, false);
      this.parts.bytes(0x47);
      this.parts.append(new Uint8Array(view.buffer));
    }
  }

  /** Two's complement, least byte first, as short as it goes. */
  #integer(value: bigint): void {
    const bytes: number[] = [];
    for (let rest = value; ; rest >>= 8n) {
      bytes.push(Number(rest & 0xffn));
      const sign = (bytes.at(-1) as number) >> 7;
      if ((rest >> 8n === 0n && sign === 0) || (rest >> 8n === -1n && sign === 1)) break;
    }
    if (bytes.length < 0x100) this.parts.bytes(0x8a, bytes.length);
    else this.parts.uint32(0x8b, bytes.length);
    this.parts.append(Uint8Array.from(bytes));
  }

  #text(value: string): void {
    const bytes = encodeText(value);
    if (bytes.length < 0x100) this.parts.bytes(0x8c, bytes.length);
    else this.parts.length(bytes.length, 0x58, 0x8d);
    this.parts.append(bytes);
  }

  #bytes(value: Uint8Array): void {
    if (value.length < 0x100) this.parts.bytes(0x43, value.length);
    else this.parts.length(value.length, 0x42, 0x8e);
    this.parts.view(value);
  }

  /** Protocol 4 has no opcode for them: `bytearray(bytes)`. */
  #byteArray(value: Uint8Array): void {
    if (this.form.protocol === 5) {
      this.parts.uint64(0x96, value.length);
      this.parts.view(value);
    } else {
      this.#global("builtins", "bytearray");
      this.#bytes(value);
      this.parts.bytes(0x85, 0x52);
    }
  }

  #list(value: readonly unknown[]): void {
    this.parts.bytes(0x5d);
    this.#memoize(value);
    if (value.length === 0) return;
    this.parts.bytes(0x28);
    this.#items(value);
    this.parts.bytes(0x65);
  }

  #sequence(value: object, items: readonly unknown[], opcode: number): void {
    this.#open.add(value);
    this.parts.bytes(0x28);
    this.#items(items);
    this.parts.bytes(opcode);
    this.#open.delete(value);
    this.#memoize(value);
  }

  #set(value: PickleSet): void {
    if (value.frozen) return this.#sequence(value, value.items, 0x91);
    this.parts.bytes(0x8f);
    this.#memoize(value);
    this.parts.bytes(0x28);
    this.#items(value.items);
    this.parts.bytes(0x90);
  }

  #dict(value: object, entries: Iterable<readonly [unknown, unknown]>): void {
    this.parts.bytes(0x7d);
    this.#memoize(value);
    this.parts.bytes(0x28);
    for (const [key, item] of entries) {
      if (item === undefined) continue;
      this.#path.push(typeof key === "string" ? key : "…");
      this.#value(key);
      this.#value(item);
      this.#path.pop();
    }
    this.parts.bytes(0x75);
  }

  #items(items: readonly unknown[]): void {
    for (const [index, item] of items.entries()) {
      this.#path.push(index);
      this.#value(item);
      this.#path.pop();
    }
  }

  #scalar({ dtype, value }: NumpyScalar): void {
    if (value instanceof Uint8Array) throw refusedValue(`A NumPy scalar of ${dtype.toString()}`, this.#path);
    this.#value(value);
  }

  #tensor(tensor: Tensor, owner: object): void {
    if (tensor.dtype === "string") return this.#objects(tensor.data as readonly string[], tensor.shape, owner);
    const code = numpyCodes.get(tensor.dtype);
    if (code === undefined) throw refusedValue(`A tensor of ${tensor.dtype}, which NumPy does not have,`, this.#path);
    if (this.form.joblib) return this.#joblibTensor(tensor, code);
    // In protocol 5 as well: the name that NumPy itself would use there is one that NumPy 2 warns of.
    this.#emptyArray();
    this.parts.bytes(0x28, 0x4b, 1);
    this.#shape(tensor.shape);
    this.#dtype(code);
    this.parts.bytes(0x89);
    this.#bytes(tensorBytes(tensor));
    this.parts.bytes(0x74, 0x62);
    this.#memoize(owner);
  }

  /** `NumpyArrayWrapper`, padding, elements. The loader forgets the array at once, so it is written each time. */
  #joblibTensor(tensor: Tensor, code: string): void {
    this.#wrapper(tensor.shape, () => this.#dtype(code), true);
    const padding = alignment - ((this.parts.size + 1) % alignment);
    this.parts.bytes(padding, ...Array.from({ length: padding }, () => 0xff));
    this.parts.view(tensorBytes(tensor));
  }

  #wrapper(shape: readonly number[], dtype: () => void, mappable: boolean): void {
    this.#global("joblib.numpy_pickle", "NumpyArrayWrapper");
    this.parts.bytes(0x29, 0x81, 0x7d, 0x28);
    this.#text("subclass");
    this.#global("numpy", "ndarray");
    this.#text("shape");
    this.#shape(shape);
    this.#text("order");
    this.#text("C");
    this.#text("dtype");
    dtype();
    this.#text("allow_mmap");
    this.parts.bytes(mappable ? 0x88 : 0x89);
    this.#text("numpy_array_alignment_bytes");
    this.parts.bytes(0x4b, alignment, 0x75, 0x62);
  }

  /** An array of Python objects: strings, or whatever an object array held. */
  #objects(values: readonly unknown[], shape: readonly number[], owner: object): void {
    if (this.form.joblib) {
      this.#wrapper(shape, () => this.#dtype("O8"), false);
      const nested = new PickleWriter({ ...this.form, joblib: false }, this.parts);
      this.parts.bytes(0x80, this.form.protocol);
      nested.#objects(values, shape, owner);
      this.parts.bytes(0x2e);
      return;
    }
    this.#emptyArray();
    this.parts.bytes(0x28, 0x4b, 1);
    this.#shape(shape);
    this.#dtype("O8");
    this.parts.bytes(0x89);
    this.#open.add(owner);
    this.parts.bytes(0x5d, 0x28);
    this.#items(values);
    this.parts.bytes(0x65);
    this.#open.delete(owner);
    this.parts.bytes(0x74, 0x62);
    this.#memoize(owner);
  }

  #emptyArray(): void {
    this.#global("numpy.core.multiarray", "_reconstruct");
    this.#global("numpy", "ndarray");
    this.parts.bytes(0x4b, 0, 0x85, 0x43, 1, 0x62, 0x87, 0x52);
  }

  /** `dtype("f8", False, True)` and its state (3, "<", None, None, None, -1, -1, flags). */
  #dtype(code: string): void {
    this.#global("numpy", "dtype");
    this.#text(code);
    this.parts.bytes(0x89, 0x88, 0x87, 0x52, 0x28, 0x4b, 3);
    this.#text(code === "O8" || (code.endsWith("1") && code !== "c16") ? "|" : "<");
    this.parts.bytes(0x4e, 0x4e, 0x4e);
    this.parts.uint32(0x4a, -1);
    this.parts.uint32(0x4a, -1);
    this.parts.bytes(0x4b, code === "O8" ? 63 : 0, 0x74, 0x62);
  }

  #shape(shape: readonly number[]): void {
    this.parts.bytes(0x28);
    for (const size of shape) this.#number(size);
    this.parts.bytes(0x74);
  }

  #global(module: string, name: string): void {
    this.parts.bytes(0x63);
    this.parts.append(latin1Bytes(`${module}\n${name}\n`) as Uint8Array);
  }

  #memoize(value: object): void {
    this.#memo.set(value, this.#memoized++);
    this.parts.bytes(0x94);
  }

  #get(index: number): void {
    if (index < 0x100) this.parts.bytes(0x68, index);
    else this.parts.uint32(0x6a, index);
  }
}

const encoder = new TextEncoder();

/** UTF-8; lone surrogates as Python's "surrogatepass" has them. */
function encodeText(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text);
  const bytes: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    if (point < 0xd800 || point > 0xdfff) bytes.push(...encoder.encode(character));
    else bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
  }
  return Uint8Array.from(bytes);
}
