/** A size of a shape: a number, a name that stands for the same number wherever it stands, or null for an unknown one. */
export type Size = number | string | null;

export type Shape = readonly Size[];

/** Where two shapes meet as in NumPy. */
export function broadcast(a: Shape | undefined, b: Shape | undefined): Shape | undefined {
  if (a === undefined || b === undefined) return undefined;
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, index) => {
    const [left, right] = [
      a[index - rank + a.length] ?? missing(a, index, rank),
      b[index - rank + b.length] ?? missing(b, index, rank),
    ];
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    if (typeof left === "number") return left;
    return typeof right === "number" ? right : null;
  });
}

/** Beyond a shape's own sizes there are ones; within it, null is one that is unknown. */
function missing(shape: Shape, index: number, rank: number): Size {
  return index < rank - shape.length ? 1 : null;
}

/** All sizes multiplied; undefined where that is not known. */
export function product(shape: Shape): number | undefined {
  let result = 1;
  for (const size of shape) {
    if (typeof size !== "number") return undefined;
    result *= size;
  }
  return result;
}

/** The one size that makes two shapes hold the same number of elements: what stands for -1. */
export function remaining(all: Shape, others: Shape): Size {
  const names = all.filter((size) => typeof size !== "number");
  for (const other of others) {
    if (typeof other === "number") continue;
    const at = other === null ? -1 : names.indexOf(other);
    if (at < 0) return null;
    names.splice(at, 1);
  }
  const numbers = (shape: Shape) =>
    shape.reduce<number>((sum, size) => (typeof size === "number" ? sum * size : sum), 1);
  const quotient = numbers(all) / numbers(others);
  if (names.length === 0) return Number.isSafeInteger(quotient) ? quotient : null;
  return names.length === 1 && quotient === 1 ? names[0]! : null;
}

/** Negative axes count from the end; undefined for one that the rank does not have. */
export function axisOf(axis: number, rank: number): number | undefined {
  const found = axis < 0 ? axis + rank : axis;
  return Number.isInteger(found) && found >= 0 && found < rank ? found : undefined;
}
