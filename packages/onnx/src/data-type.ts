import { type DType, ModelkeepError } from "@modelkeep/core";

/** TensorProto.DataType, in the order of its numbers from 1. */
const names = [
  "float32",
  "uint8",
  "int8",
  "uint16",
  "int16",
  "int32",
  "int64",
  "string",
  "bool",
  "float16",
  "float64",
  "uint32",
  "uint64",
  "complex64",
  "complex128",
  "bfloat16",
  "float8_e4m3fn",
  "float8_e4m3fnuz",
  "float8_e5m2",
  "float8_e5m2fnuz",
  "uint4",
  "int4",
  "float4_e2m1fn",
  "float8_e8m0fnu",
  "uint2",
  "int2",
  "float6_e2m3fn",
  "float6_e3m2fn",
] as const satisfies readonly DType[];

const numbers = new Map<DType, number>(names.map((name, index) => [name, index + 1]));

/** The dtype that ONNX means by this number of TensorProto.DataType, or `undefined` for 0 and numbers still unknown. */
export function dtypeOf(dataType: number | undefined): DType | undefined {
  return dataType === undefined ? undefined : names[dataType - 1];
}

/** The number of TensorProto.DataType for a dtype. */
export function dataTypeOf(dtype: DType): number {
  const number = numbers.get(dtype);
  if (number === undefined) throw new ModelkeepError("unsupported", `ONNX has no tensors of ${dtype}`);
  return number;
}
