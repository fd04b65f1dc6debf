import type { Tensor, TensorMap } from "@modelkeep/core";

/** The largest |a - b| / max(1, |b|) over all outputs, 1 for a label that differs, infinite for another shape; 0 is identical to the bit. */
export function worstDifference(actual: TensorMap, expected: TensorMap): number {
  let worst = 0;
  for (const [name, wanted] of expected) {
    const found = actual.get(name);
    if (found === undefined || found.dtype !== wanted.dtype || found.size !== wanted.size) return Infinity;
    worst = Math.max(worst, tensorDifference(found, wanted));
  }
  return worst;
}

function tensorDifference(actual: Tensor, expected: Tensor): number {
  let worst = 0;
  for (let index = 0; index < expected.data.length; index++) {
    const a = actual.data[index]!;
    const b = expected.data[index]!;
    if (a === b || (a !== a && b !== b)) continue;
    worst = Math.max(
      worst,
      typeof a === "number" && typeof b === "number" ? Math.abs(a - b) / Math.max(1, Math.abs(b)) : 1,
    );
  }
  // NaN against a number is as wrong as a label.
  return Number.isNaN(worst) ? 1 : worst;
}
