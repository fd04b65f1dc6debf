import type { DType } from "@modelkeep/core";

/**
 * The format's names, in the order of the reference implementation: its writer lays tensors out from the last to the
 * first, so that each is aligned for its elements. Source: `Dtype` in safetensors/src/tensor.rs of huggingface/safetensors.
 */
const names: readonly (readonly [string, DType])[] = [
  ["BOOL", "bool"],
  ["F4", "float4_e2m1fn"],
  ["F6_E2M3", "float6_e2m3fn"],
  ["F6_E3M2", "float6_e3m2fn"],
  ["U8", "uint8"],
  ["I8", "int8"],
  ["F8_E5M2", "float8_e5m2"],
  ["F8_E4M3", "float8_e4m3fn"],
  ["F8_E8M0", "float8_e8m0fnu"],
  ["F8_E4M3FNUZ", "float8_e4m3fnuz"],
  ["F8_E5M2FNUZ", "float8_e5m2fnuz"],
  ["I16", "int16"],
  ["U16", "uint16"],
  ["F16", "float16"],
  ["BF16", "bfloat16"],
  ["I32", "int32"],
  ["U32", "uint32"],
  ["F32", "float32"],
  ["C64", "complex64"],
  ["F64", "float64"],
  ["I64", "int64"],
  ["U64", "uint64"],
];

const toDType = new Map(names);
const toName = new Map(names.map(([name, dtype], rank) => [dtype, { name, rank }]));

/** The dtype behind a name of the format, such as "BF16". */
export function dtypeOfName(name: string): DType | undefined {
  return toDType.get(name);
}

/** The format's name of a dtype and its place in the order of layout; nothing for a dtype that the format does not have. */
export function nameOfDType(dtype: DType): { readonly name: string; readonly rank: number } | undefined {
  return toName.get(dtype);
}
