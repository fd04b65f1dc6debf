import { type Tensor, tensorElements, type TensorMap } from "@modelkeep/core";

import type { Output } from "./output.js";

/** Each output as a list with one element a row: a value, or a list where there are further dimensions. */
export function columnsOf(outputs: TensorMap): Record<string, unknown[]> {
  return Object.fromEntries([...outputs].map(([name, tensor]) => [name, nested(tensor)]));
}

/** Appends the rows of one batch to those before. */
export function mergeColumns(
  before: Record<string, unknown[]>,
  next: Record<string, unknown[]>,
): Record<string, unknown[]> {
  for (const [name, values] of Object.entries(next)) {
    const all = (before[name] ??= []);
    for (const value of values) all.push(value);
  }
  return before;
}

/**
 * `probabilities_0`, `probabilities_1` … of a model with several targets as one list of them, as scikit-learn gives them.
 */
export function groupTargets(
  columns: Readonly<Record<string, readonly unknown[]>>,
): Record<string, readonly unknown[]> {
  const grouped: Record<string, readonly unknown[]> = {};
  for (const [name, values] of Object.entries(columns)) {
    const [, base, index] = /^(.+)_(\d+)$/u.exec(name) ?? [];
    if (base === undefined || !Object.hasOwn(columns, `${base}_0`)) grouped[name] = values;
    else grouped[base] = Object.assign([...(grouped[base] ?? [])], { [Number(index)]: values });
  }
  return grouped;
}

/** One line a row, counted from 0, as messages about rows do. */
export function outputText(columns: Readonly<Record<string, readonly unknown[]>>, output: Output): string {
  const names = Object.keys(columns);
  const count = columns[names[0] ?? ""]?.length ?? 0;
  return output.table(
    ["row", ...names],
    Array.from({ length: count }, (_, row) => [String(row), ...names.map((name) => cellText(columns[name]![row]))]),
  );
}

function nested(tensor: Tensor): unknown[] {
  const elements = tensorElements(tensor);
  const fold = (depth: number, start: number, size: number): unknown[] => {
    const count = tensor.shape[depth] ?? 1;
    if (depth >= tensor.shape.length - 1) return elements.slice(start, start + count);
    const step = size / Math.max(1, count);
    return Array.from({ length: count }, (_, index) => fold(depth + 1, start + index * step, step));
  };
  return fold(0, 0, elements.length);
}

function cellText(value: unknown): string {
  return Array.isArray(value) ? value.map(cellText).join(" ") : String(value);
}
