import type { DType } from "@modelkeep/core";

import { malformed } from "./errors.js";
import type { FileBytes } from "./file-bytes.js";

/** The type of a dataset's or attribute's elements. */
export interface Datatype {
  /** Bytes of one element in the file. */
  readonly size: number;
  /** "text": bytes of a fixed size; "words": texts that lie in a heap. */
  readonly form: "numbers" | "text" | "words" | "other";
  /** Absent for what tensors do not hold. */
  readonly dtype?: DType;
  readonly bigEndian: boolean;
  /** How people call it. */
  readonly name: string;
}

/** Reads a datatype message. */
export function readDatatype(file: FileBytes, at: number): Datatype {
  const kind = file.uint8(at) & 0x0f;
  const bits = file.uint8(at + 1);
  const size = file.uint32(at + 4);
  if (size === 0) throw malformed("has elements of no bytes", at);
  const bigEndian = (bits & 1) !== 0;
  const other = (name: string): Datatype => ({ size, form: "other", bigEndian: false, name });
  switch (kind) {
    case 0: {
      const name = `${(bits & 8) === 0 ? "u" : ""}int${size * 8}`;
      const whole = file.uint16(at + 8) === 0 && file.uint16(at + 10) === size * 8;
      if (!whole || ![1, 2, 4, 8].includes(size)) return other(`an integer of ${file.uint16(at + 10)} bits`);
      return { size, form: "numbers", dtype: name as DType, bigEndian: bigEndian && size > 1, name };
    }
    case 1: {
      const dtype = floatTypes.get(
        [size, file.uint8(at + 2), ...file.slice(at + 8, 8), file.uint32(at + 16)].join(" "),
      );
      if (dtype === undefined) return other(`a float of ${size * 8} bits in an unusual form`);
      return { size, form: "numbers", dtype, bigEndian, name: dtype };
    }
    case 3:
      return { size, form: "text", bigEndian: false, name: "text" };
    case 8: {
      // h5py keeps truth values as an enumeration of FALSE and TRUE.
      const members = file.uint16(at + 1);
      const base = file.uint8(at + 8) & 0x0f;
      if (base !== 0 || size !== 1 || members !== 2) return other("an enumeration");
      return { size, form: "numbers", dtype: "bool", bigEndian: false, name: "bool" };
    }
    case 9:
      return (bits & 0x0f) === 1 && size === 16
        ? { size, form: "words", bigEndian: false, name: "texts" }
        : other("lists of different lengths");
    default:
      return other(otherNames.get(kind) ?? `type ${kind}`);
  }
}

/** Size, sign's place, bit offset, bits, exponent's place and size, mantissa's place and size, bias. */
const floatTypes: ReadonlyMap<string, DType> = new Map<string, DType>([
  ["2 15 0 0 16 0 10 5 0 10 15", "float16"],
  ["2 15 0 0 16 0 7 8 0 7 127", "bfloat16"],
  ["4 31 0 0 32 0 23 8 0 23 127", "float32"],
  ["8 63 0 0 64 0 52 11 0 52 1023", "float64"],
]);

const otherNames: ReadonlyMap<number, string> = new Map([
  [2, "times"],
  [4, "bit fields"],
  [5, "opaque bytes"],
  [6, "records"],
  [7, "references"],
  [10, "arrays"],
]);

/** The shape of a dataset or attribute; undefined when it has no elements at all. */
export function readDataspace(file: FileBytes, at: number): readonly number[] | undefined {
  const version = file.uint8(at);
  const rank = file.uint8(at + 1);
  if (version !== 1 && version !== 2) throw malformed("has a shape of an unknown version", at);
  if (rank > 32) throw malformed(`has a shape of ${rank} dimensions`, at);
  if (version === 2 && file.uint8(at + 3) === 2) return undefined;
  const start = at + (version === 1 ? 8 : 4);
  return Array.from({ length: rank }, (_, index) => file.uint64(start + index * 8));
}
