/** The types of metadata, at the place that is their number in the file. Source: docs/gguf.md of ggml. */
export const valueTypes = [
  "uint8",
  "int8",
  "uint16",
  "int16",
  "uint32",
  "int32",
  "float32",
  "bool",
  "string",
  "array",
  "uint64",
  "int64",
  "float64",
] as const;

/** What a value in the metadata may be. */
export type GgufValueType = (typeof valueTypes)[number];

/** Types whose values are plain numbers here. */
export type GgufNumberType = Exclude<GgufValueType, "bool" | "string" | "array" | "uint64" | "int64">;

/** One value of the metadata with the type that it has in the file. */
export type GgufValue =
  | { readonly type: GgufNumberType; readonly value: number }
  | { readonly type: "uint64" | "int64"; readonly value: bigint }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | GgufArray;

/** Numbers in the typed array of their type, bools as 0 and 1 in a Uint8Array. */
export interface GgufArray {
  readonly type: "array";
  readonly items: GgufValueType;
  readonly value: GgufItems;
}

/** The items of an array in the metadata, by their type: numbers as a typed array. */
export type GgufItems =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | BigUint64Array
  | BigInt64Array
  | Float64Array
  | readonly string[]
  | readonly GgufArray[];

type ItemArray = Exclude<GgufItems, readonly string[] | readonly GgufArray[]>;

interface ItemArrayConstructor {
  new (buffer: ArrayBuffer): ItemArray;
  readonly BYTES_PER_ELEMENT: number;
}

/** What holds the items of an array, for types of a fixed size. */
export const itemArrays: ReadonlyMap<GgufValueType, ItemArrayConstructor> = new Map<
  GgufValueType,
  ItemArrayConstructor
>([
  ["uint8", Uint8Array],
  ["int8", Int8Array],
  ["uint16", Uint16Array],
  ["int16", Int16Array],
  ["uint32", Uint32Array],
  ["int32", Int32Array],
  ["float32", Float32Array],
  ["bool", Uint8Array],
  ["uint64", BigUint64Array],
  ["int64", BigInt64Array],
  ["float64", Float64Array],
]);
