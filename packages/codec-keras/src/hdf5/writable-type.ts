import type { DType } from "@modelkeep/core";

/** The datatype message of an element type, as h5py writes it; undefined for what it has no type for. */
export function typeMessage(dtype: DType): readonly number[] | undefined {
  const integer = /^(u?)int(8|16|32|64)$/u.exec(dtype);
  if (integer !== null) return fixedPoint(Number(integer[2]) / 8, integer[1] === "");
  if (dtype === "bool") return truth;
  if (dtype === "bfloat16") return [0x15, 0, 0, 0, ...uint32(2)];
  const float = floats.get(dtype);
  if (float === undefined) return undefined;
  const { size, exponentAt, exponentBits, bias } = float;
  return [
    0x11,
    0x20,
    size * 8 - 1,
    0,
    ...uint32(size),
    0,
    0,
    size * 8,
    0,
    exponentAt,
    exponentBits,
    0,
    exponentAt,
    ...uint32(bias),
  ];
}

const floats: ReadonlyMap<
  DType,
  { readonly size: number; readonly exponentAt: number; readonly exponentBits: number; readonly bias: number }
> = new Map<DType, { size: number; exponentAt: number; exponentBits: number; bias: number }>([
  ["float16", { size: 2, exponentAt: 10, exponentBits: 5, bias: 15 }],
  ["float32", { size: 4, exponentAt: 23, exponentBits: 8, bias: 127 }],
  ["float64", { size: 8, exponentAt: 52, exponentBits: 11, bias: 1023 }],
]);

function fixedPoint(size: number, signed: boolean): readonly number[] {
  return [0x10, signed ? 8 : 0, 0, 0, ...uint32(size), 0, 0, size * 8, 0];
}

/** An enumeration of FALSE and TRUE in bytes. */
const falseAndTrue = [0x46, 0x41, 0x4c, 0x53, 0x45, 0, 0, 0, 0x54, 0x52, 0x55, 0x45, 0, 0, 0, 0, 0, 1];
const truth: readonly number[] = [0x18, 2, 0, 0, ...uint32(1), ...fixedPoint(1, true), ...falseAndTrue];

function uint32(value: number): readonly number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}
