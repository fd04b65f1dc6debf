import type { Reader } from "protobufjs/minimal.js";

export type NumberKind = "floats" | "doubles" | "int32s" | "int64s" | "uint64s";

const arrays = {
  floats: Float32Array,
  doubles: Float64Array,
  int32s: Int32Array,
  int64s: BigInt64Array,
  uint64s: BigUint64Array,
} as const;

type NumberArray = InstanceType<(typeof arrays)[NumberKind]>;

/** A repeated number field while it is read: packed runs and single elements in any order, as protobuf allows. */
export class NumberList {
  readonly #kind: NumberKind;
  #data: NumberArray;
  #length = 0;

  constructor(kind: NumberKind) {
    this.#kind = kind;
    this.#data = new arrays[kind](0);
  }

  /** One element, unpacked. */
  push(reader: Reader): void {
    this.#grow(1);
    this.#data[this.#length++] = this.#read(reader);
  }

  /** A packed run up to `reader.len`. A run of fixed-size numbers that comes first and lies aligned is not copied. */
  run(reader: Reader): void {
    const bytes = reader.len - reader.pos;
    if (this.#kind === "floats" || this.#kind === "doubles") {
      const array = arrays[this.#kind];
      if (bytes % array.BYTES_PER_ELEMENT !== 0) throw new RangeError("a packed run that does not end with an element");
      const start = reader.buf.byteOffset + reader.pos;
      const aligned = start % array.BYTES_PER_ELEMENT === 0;
      const source = aligned ? (reader.buf.buffer as ArrayBuffer) : reader.buf.slice(reader.pos, reader.len).buffer;
      const elements = new array(source, aligned ? start : 0, bytes / array.BYTES_PER_ELEMENT);
      if (this.#length === 0) this.#data = elements;
      else {
        this.#grow(elements.length);
        (this.#data as Float64Array).set(elements, this.#length);
      }
      this.#length += elements.length;
      reader.pos = reader.len;
      return;
    }
    let count = 0;
    for (let at = reader.pos; at < reader.len; at++) if (reader.buf[at]! < 0x80) count++;
    this.#grow(count);
    const data = this.#data;
    let length = this.#length;
    while (reader.pos < reader.len) data[length++] = this.#read(reader);
    this.#length = length;
  }

  finish(): NumberArray {
    return this.#data.length === this.#length ? this.#data : this.#data.slice(0, this.#length);
  }

  #grow(by: number): void {
    const wanted = this.#length + by;
    if (wanted <= this.#data.length) return;
    const grown = new arrays[this.#kind](by === 1 ? Math.max(4, this.#length * 2) : wanted);
    (grown as Float64Array).set(this.#data.subarray(0, this.#length) as Float64Array);
    this.#data = grown;
  }

  #read(reader: Reader): never {
    return read[this.#kind](reader) as never;
  }
}

const read: Readonly<Record<NumberKind, (reader: Reader) => number | bigint>> = {
  floats: (reader) => reader.float(),
  doubles: (reader) => reader.double(),
  int32s: (reader) => reader.int32(),
  int64s: readInt64,
  uint64s: (reader) => BigInt.asUintN(64, readInt64(reader)),
};

export function readInt64(reader: Reader): bigint {
  if (reader.pos < reader.len && reader.buf[reader.pos]! < 0x80) return BigInt(reader.buf[reader.pos++]!);
  const { low, high } = reader.int64();
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}

/** `undefined` where a double does not hold the number exactly. */
export function readInteger(reader: Reader): number | undefined {
  const { low, high } = reader.int64();
  const number = high * 0x1_0000_0000 + (low >>> 0);
  return Number.isSafeInteger(number) ? number : undefined;
}
