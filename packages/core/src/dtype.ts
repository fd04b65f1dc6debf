/** Element types: those of ONNX and of safetensors, and strings. Names as in NumPy and ml_dtypes. */
export type DType =
  | "float64"
  | "float32"
  | "float16"
  | "bfloat16"
  | "float8_e4m3fn"
  | "float8_e4m3fnuz"
  | "float8_e5m2"
  | "float8_e5m2fnuz"
  | "float8_e8m0fnu"
  | "float6_e2m3fn"
  | "float6_e3m2fn"
  | "float4_e2m1fn"
  | "int64"
  | "int32"
  | "int16"
  | "int8"
  | "int4"
  | "int2"
  | "uint64"
  | "uint32"
  | "uint16"
  | "uint8"
  | "uint4"
  | "uint2"
  | "bool"
  | "complex64"
  | "complex128"
  | "string";

/** What holds the elements in memory. */
export type TensorData =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | readonly string[];

type ArrayConstructor = {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): Exclude<TensorData, readonly string[]>;
  new (length: number): Exclude<TensorData, readonly string[]>;
  readonly BYTES_PER_ELEMENT: number;
};

/** How elements of a dtype lie in memory. */
export interface DTypeInfo {
  /** Bits of one element; 0 for strings. */
  readonly bits: number;
  /** The typed array that holds it: raw bits for float16, bfloat16 and smaller; real and imaginary in turn for complex. */
  readonly array: ArrayConstructor | undefined;
}

const info = (bits: number, array: unknown): DTypeInfo => ({ bits, array: array as ArrayConstructor });

/** Every dtype, with how its elements lie in memory. */
export const dtypes: ReadonlyMap<DType, DTypeInfo> = new Map<DType, DTypeInfo>([
  ["float64", info(64, Float64Array)],
  ["float32", info(32, Float32Array)],
  ["float16", info(16, Uint16Array)],
  ["bfloat16", info(16, Uint16Array)],
  ["float8_e4m3fn", info(8, Uint8Array)],
  ["float8_e4m3fnuz", info(8, Uint8Array)],
  ["float8_e5m2", info(8, Uint8Array)],
  ["float8_e5m2fnuz", info(8, Uint8Array)],
  ["float8_e8m0fnu", info(8, Uint8Array)],
  ["float6_e2m3fn", info(6, Uint8Array)],
  ["float6_e3m2fn", info(6, Uint8Array)],
  ["float4_e2m1fn", info(4, Uint8Array)],
  ["int64", info(64, BigInt64Array)],
  ["int32", info(32, Int32Array)],
  ["int16", info(16, Int16Array)],
  ["int8", info(8, Int8Array)],
  ["int4", info(4, Uint8Array)],
  ["int2", info(2, Uint8Array)],
  ["uint64", info(64, BigUint64Array)],
  ["uint32", info(32, Uint32Array)],
  ["uint16", info(16, Uint16Array)],
  ["uint8", info(8, Uint8Array)],
  ["uint4", info(4, Uint8Array)],
  ["uint2", info(2, Uint8Array)],
  ["bool", info(8, Uint8Array)],
  ["complex64", info(64, Float32Array)],
  ["complex128", info(128, Float64Array)],
  ["string", { bits: 0, array: undefined }],
]);

/** Whether this is the name of a dtype. */
export function isDType(value: unknown): value is DType {
  return dtypes.has(value as DType);
}

/** How elements of a dtype lie in memory. A dtype that does not exist is a `TypeError`. */
export function dtypeInfo(dtype: DType): DTypeInfo {
  const found = dtypes.get(dtype);
  if (found === undefined) throw new TypeError(`Unknown dtype: ${dtype as string}`);
  return found;
}
