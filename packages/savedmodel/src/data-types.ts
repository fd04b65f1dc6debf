import type { DType } from "@modelkeep/core";

/** TensorFlow's `DataType` by number (types.proto). */
const types = new Map<number, DType>([
  [1, "float32"],
  [2, "float64"],
  [3, "int32"],
  [4, "uint8"],
  [5, "int16"],
  [6, "int8"],
  [7, "string"],
  [8, "complex64"],
  [9, "int64"],
  [10, "bool"],
  [14, "bfloat16"],
  [17, "uint16"],
  [18, "complex128"],
  [19, "float16"],
  [22, "uint32"],
  [23, "uint64"],
  [24, "float8_e5m2"],
  [25, "float8_e4m3fn"],
]);

const others = new Map([
  [11, "qint8"],
  [12, "quint8"],
  [13, "qint32"],
  [15, "qint16"],
  [16, "quint16"],
  [20, "resource"],
  [21, "variant"],
]);

/** The element type; undefined for references to resources, variants and quantised numbers. */
export function dtypeOf(number: number): DType | undefined {
  return types.get(number);
}

/** The name of a TensorFlow type by its number in `types.proto`: 1 is "float32"; one that is not known is "type 99". */
export function typeName(number: number): string {
  return types.get(number) ?? others.get(number) ?? `type ${number}`;
}
