import { dtypeKind, type Element, reader, valuesPerElement } from "./elements.js";
import type { TensorMap } from "./signature.js";
import type { Tensor } from "./tensor.js";

/** Where two tensors differ most. */
export interface Difference {
  /** The output's name. */
  readonly name: string;
  /** One position per dimension; for complex types one more, 0 for the real part. Absent when shape or dtype differ. */
  readonly index?: readonly number[];
  readonly found: string;
  readonly expected: string;
  /** |a - b| / max(1, |b|) for floats, infinite for everything that must be equal. */
  readonly difference: number;
}

/** How far outputs are from those that were expected. */
export interface Comparison {
  /** Every element is the same, NaN being equal to NaN. */
  readonly identical: boolean;
  /** Every float is within the bound, everything else the same. */
  readonly agrees: boolean;
  /** Elements beyond the bound; tensors that are missing or of another shape count as one. */
  readonly failures: number;
  /** Absent when identical. */
  readonly worst?: Difference;
}

/**
 * Compares what was found with what was expected: labels, integers, strings and bools exactly, floats by
 * |a - b| <= bound x max(1, |b|), where NaN equals NaN and an infinity itself. 0 and -0 are equal. Tensors beyond the expected ones do not count.
 */
export function compareTensors(found: TensorMap, expected: TensorMap, bound = 0): Comparison {
  if (!(bound >= 0)) throw new TypeError(`A bound is a number from 0 on, not ${bound}`);
  const results = [...expected].map(([name, tensor]) => compareTensor(name, found.get(name), tensor, bound));
  const worst = results.map((each) => each.worst).reduce(worse, undefined);
  return {
    identical: results.every((each) => each.identical),
    agrees: results.every((each) => each.agrees),
    failures: results.reduce((sum, each) => sum + each.failures, 0),
    ...(worst !== undefined && { worst }),
  };
}

function compareTensor(name: string, found: Tensor | undefined, expected: Tensor, bound: number): Comparison {
  const kindFound = found === undefined ? "nothing" : describe(found);
  if (found === undefined || kindFound !== describe(expected)) {
    const worst = { name, found: kindFound, expected: describe(expected), difference: Number.POSITIVE_INFINITY };
    return { identical: false, agrees: false, failures: 1, worst };
  }
  const kind = dtypeKind(expected.dtype);
  const close = kind === "float" || kind === "complex";
  const length = expected.size * valuesPerElement(expected.dtype);
  const left = reader(found.dtype, found.data);
  const right = reader(expected.dtype, expected.data);
  let failures = 0;
  let most = 0;
  let at = -1;
  for (let index = 0; index < length; index++) {
    const a = left(index);
    const b = right(index);
    if (a === b) continue;
    const difference = close ? floatDifference(a as number, b as number) : Number.POSITIVE_INFINITY;
    if (difference > bound) failures += 1;
    if (difference > most) {
      most = difference;
      at = index;
    }
  }
  if (at < 0) return { identical: true, agrees: true, failures: 0 };
  const worst = {
    name,
    index: positionOf(expected, at),
    found: write(left(at)),
    expected: write(right(at)),
    difference: most,
  };
  return { identical: false, agrees: failures === 0, failures, worst };
}

function floatDifference(a: number, b: number): number {
  if (Number.isNaN(a) && Number.isNaN(b)) return 0;
  const difference = Math.abs(a - b) / Math.max(1, Math.abs(b));
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
}

function worse(a: Difference | undefined, b: Difference | undefined): Difference | undefined {
  return b === undefined || (a !== undefined && a.difference >= b.difference) ? a : b;
}

function positionOf(tensor: Tensor, at: number): number[] {
  const shape = valuesPerElement(tensor.dtype) === 2 ? [...tensor.shape, 2] : tensor.shape;
  let rest = at;
  return shape
    .toReversed()
    .map((size) => {
      const position = rest % size;
      rest = Math.floor(rest / size);
      return position;
    })
    .toReversed();
}

function describe(tensor: Tensor): string {
  return `${tensor.dtype}[${tensor.shape.join(", ")}]`;
}

function write(value: Element): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 200)) : String(value);
}
