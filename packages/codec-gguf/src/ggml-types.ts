import type { DType } from "@modelkeep/core";

/** How a tensor's elements lie in the file: alone under a dtype, or quantised in blocks. */
export interface GgmlType {
  /** As llama.cpp calls it: "F16", "Q4_K". */
  readonly name: string;
  /** Its number in the file. */
  readonly code: number;
  /** Elements of one block; 1 for those that are not quantised. */
  readonly blockSize: number;
  /** Bytes of one block. */
  readonly blockBytes: number;
  /** Of elements that are not quantised. */
  readonly dtype?: DType;
}

const plain = (code: number, name: string, dtype: DType, bytes: number): GgmlType => ({
  name,
  code,
  blockSize: 1,
  blockBytes: bytes,
  dtype,
});
const blocks = (code: number, name: string, blockSize: number, blockBytes: number): GgmlType => ({
  name,
  code,
  blockSize,
  blockBytes,
});

/** Source: `enum ggml_type` in ggml.h of llama.cpp, and the sizes in `gguf.constants` of its Python package 0.19. */
export const ggmlTypes: readonly GgmlType[] = [
  plain(0, "F32", "float32", 4),
  plain(1, "F16", "float16", 2),
  blocks(2, "Q4_0", 32, 18),
  blocks(3, "Q4_1", 32, 20),
  blocks(6, "Q5_0", 32, 22),
  blocks(7, "Q5_1", 32, 24),
  blocks(8, "Q8_0", 32, 34),
  blocks(9, "Q8_1", 32, 40),
  blocks(10, "Q2_K", 256, 84),
  blocks(11, "Q3_K", 256, 110),
  blocks(12, "Q4_K", 256, 144),
  blocks(13, "Q5_K", 256, 176),
  blocks(14, "Q6_K", 256, 210),
  blocks(15, "Q8_K", 256, 292),
  blocks(16, "IQ2_XXS", 256, 66),
  blocks(17, "IQ2_XS", 256, 74),
  blocks(18, "IQ3_XXS", 256, 98),
  blocks(19, "IQ1_S", 256, 50),
  blocks(20, "IQ4_NL", 32, 18),
  blocks(21, "IQ3_S", 256, 110),
  blocks(22, "IQ2_S", 256, 82),
  blocks(23, "IQ4_XS", 256, 136),
  plain(24, "I8", "int8", 1),
  plain(25, "I16", "int16", 2),
  plain(26, "I32", "int32", 4),
  plain(27, "I64", "int64", 8),
  plain(28, "F64", "float64", 8),
  blocks(29, "IQ1_M", 256, 56),
  plain(30, "BF16", "bfloat16", 2),
  blocks(34, "TQ1_0", 256, 54),
  blocks(35, "TQ2_0", 256, 66),
  blocks(39, "MXFP4", 32, 17),
  blocks(40, "NVFP4", 64, 36),
  blocks(41, "Q1_0", 128, 18),
];

/** Types that llama.cpp had once and took out again. */
const removed: ReadonlyMap<number, string> = new Map([
  [4, "Q4_2"],
  [5, "Q4_3"],
  [31, "Q4_0_4_4"],
  [32, "Q4_0_4_8"],
  [33, "Q4_0_8_8"],
  [36, "IQ4_NL_4_4"],
  [37, "IQ4_NL_4_8"],
  [38, "IQ4_NL_8_8"],
]);

const byCode = new Map(ggmlTypes.map((type) => [type.code, type]));
const byName = new Map(ggmlTypes.map((type) => [type.name, type]));
const byDType = new Map(ggmlTypes.flatMap((type) => (type.dtype === undefined ? [] : [[type.dtype, type]])));

export function ggmlTypeOfCode(code: number): GgmlType | undefined {
  return byCode.get(code);
}

export function ggmlTypeOfName(name: string): GgmlType | undefined {
  return byName.get(name);
}

export function ggmlTypeOfDType(dtype: DType): GgmlType | undefined {
  return byDType.get(dtype);
}

/** A type that is not read, for messages. */
export function unknownTypeText(code: number): string {
  const name = removed.get(code);
  return name === undefined
    ? `type ${code}, which this version does not know`
    : `type ${name}, which llama.cpp has removed: quantise the model again`;
}
