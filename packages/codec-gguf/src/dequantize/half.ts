import { smallFloatValue } from "@modelkeep/core";

let table: Float32Array | undefined;

/** What each of the 65,536 float16 stands for. */
export function halves(): Float32Array {
  table ??= Float32Array.from({ length: 65_536 }, (_, bits) => smallFloatValue("float16", bits));
  return table;
}
