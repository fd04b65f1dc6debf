import { dtypeKind, reader, type Tensor, type TensorMap, valuesPerElement } from "@modelkeep/core";

/** How two answers differ: labels - strings, integers, bools - are counted, floats measured. */
export interface TensorDifference {
  /** Every bit is the same; all NaN are one. */
  readonly identical: boolean;
  /** Labels that are other ones, and elements that are missing or of another type. */
  readonly labels: number;
  /** The largest |a - b| / max(1, |b|) of any float. */
  readonly difference: number;
}

export function tensorDifference(found: TensorMap, expected: TensorMap): TensorDifference {
  let identical = found.size === expected.size;
  let labels = 0;
  let difference = 0;
  for (const [name, tensor] of expected) {
    const other = found.get(name);
    if (other?.dtype !== tensor.dtype || other.shape.join() !== tensor.shape.join()) {
      identical = false;
      labels += Math.max(1, tensor.size);
      continue;
    }
    const one = elementDifference(other, tensor);
    identical &&= one.identical;
    labels += one.labels;
    difference = Math.max(difference, one.difference);
  }
  return { identical, labels, difference };
}

function elementDifference(found: Tensor, expected: Tensor): TensorDifference {
  const kind = dtypeKind(expected.dtype);
  const measured = kind === "float" || kind === "complex";
  const [left, right] = [reader(found.dtype, found.data), reader(expected.dtype, expected.data)];
  const length = expected.size * valuesPerElement(expected.dtype);
  let identical = true;
  let labels = 0;
  let difference = 0;
  for (let at = 0; at < length; at++) {
    const [a, b] = [left(at), right(at)];
    if (Object.is(a, b)) continue;
    identical = false;
    if (!measured) labels++;
    else difference = Math.max(difference, relative(a as number, b as number));
  }
  return { identical, labels, difference };
}

function relative(a: number, b: number): number {
  if (a === b) return 0;
  const difference = Math.abs(a - b) / Math.max(1, Math.abs(b));
  return Number.isNaN(difference) ? Infinity : difference;
}
