import type { Value } from "@modelkeep/onnx";

import { type Drawing, once } from "../graph/drawing.js";
import type { Drawn, Element } from "../graph/drawn.js";

interface Operation {
  readonly numbers: (a: number, b: number) => number;
  readonly draw: (d: Drawing, a: Value, b: Value) => Value;
}

const operations: Readonly<Record<string, Operation>> = {
  Add: { numbers: (a, b) => a + b, draw: ({ graph }, a, b) => graph.add(a, b) },
  AddV2: { numbers: (a, b) => a + b, draw: ({ graph }, a, b) => graph.add(a, b) },
  Sub: { numbers: (a, b) => a - b, draw: ({ graph }, a, b) => graph.sub(a, b) },
  Mul: { numbers: (a, b) => a * b, draw: ({ graph }, a, b) => graph.mul(a, b) },
  Maximum: { numbers: Math.max, draw: ({ graph }, a, b) => graph.max(a, b) },
  Minimum: { numbers: Math.min, draw: ({ graph }, a, b) => graph.min(a, b) },
  FloorDiv: {
    numbers: (a, b) => (b === 0 ? Number.NaN : Math.floor(a / b)),
    draw: ({ graph }, a, b) => graph.div(graph.sub(a, graph.apply("Mod", [a, b])), b),
  },
  FloorMod: {
    numbers: (a, b) => (b === 0 ? Number.NaN : a - b * Math.floor(a / b)),
    draw: ({ graph }, a, b) => graph.apply("Mod", [a, b]),
  },
};

/** What TensorFlow computes with sizes is computed here as far as the sizes are known. Undefined for other values. */
export function elementArithmetic(d: Drawing, a: Drawn, b: Drawn): Drawn | undefined {
  const operation = operations[d.node.operator];
  if (operation === undefined || (a.dtype !== "int32" && a.dtype !== "int64") || a.dtype !== b.dtype) return undefined;
  if (!isSizes(a) || !isSizes(b) || (isComputed(a) && isComputed(b))) return undefined;
  const [left, right] = [d.elements(a), d.elements(b)];
  if (left === undefined || right === undefined) return undefined;
  if (left.length !== right.length && left.length !== 1 && right.length !== 1)
    throw d.malformed("has two lists of different lengths");
  const count = left.length === 1 ? right.length : left.length;
  const at = (list: readonly Element[], index: number) => list[list.length === 1 ? 0 : index]!;
  const elements = Array.from({ length: count }, (_, index) =>
    combined(d, operation, at(left, index), at(right, index)),
  );
  const rank = a.shape!.length === 0 && b.shape!.length === 0 ? 0 : 1;
  return d.sizes(elements, rank, a.dtype);
}

/** Numbers or a short list that are known, or a single number. */
function isSizes({ shape, tensor, elements }: Drawn): boolean {
  if (shape === undefined || shape.length > 1) return false;
  return tensor !== undefined || elements !== undefined || shape.length === 0 || shape[0] === 1;
}

function isComputed({ tensor, elements }: Drawn): boolean {
  return tensor === undefined && elements === undefined;
}

function combined(d: Drawing, operation: Operation, a: Element, b: Element): Element {
  if (typeof a === "number" && typeof b === "number") {
    const known = operation.numbers(a, b);
    if (!Number.isSafeInteger(known)) throw d.malformed(`computes a size of ${known}`);
    return known;
  }
  const { operator } = d.node;
  const one = operator === "Mul" || operator === "FloorDiv" ? 1 : 0;
  if (b === one && operator !== "Maximum" && operator !== "Minimum" && operator !== "FloorMod") return a;
  if (a === one && (operator === "Mul" || operator.startsWith("Add"))) return b;
  const number = typeof a === "number" ? a : typeof b === "number" ? b : undefined;
  const computed = typeof a === "number" ? b : a;
  // At least 6 and at most 6 is 6: how Keras says how many categories there are.
  if (
    operator === "Minimum" &&
    number !== undefined &&
    typeof computed === "object" &&
    (computed.atLeast ?? -Infinity) >= number
  )
    return number;
  return {
    size: null,
    ...(operator === "Maximum" && number !== undefined && { atLeast: number }),
    draw: once(() => operation.draw(d, d.sizeList([a]), d.sizeList([b]))),
  };
}
